// Starts the embedded PostgreSQL in the folder that is given and waits to be killed.
import { startPostgres } from '../../server/infra/postgres.ts';

const postgres = await startPostgres({ dataDir: process.argv[2] ?? '', initialSync: false });
console.log(postgres.pid);
setInterval(() => {}, 1_000_000);
