import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { readEnv } from '../../server/env.ts';
import { openDatabase, setDatabase } from '../../server/infra/database.ts';
import { makeApi } from './api.ts';
import { TABLES } from './steps.ts';

// The same stack, and as many connections for statements as the store has, with the engine's own settings.
const { databaseUrl = '', databasePool, groupPool, enginePool, dispatchStepMs, port } = readEnv();
const database = openDatabase(databaseUrl, databasePool + groupPool);
setDatabase(database);
for (const table of TABLES.split(';')) await database.$executeRawUnsafe(table);
DBOS.setConfig({
  name: 'textbook',
  systemDatabaseUrl: databaseUrl,
  systemDatabasePoolSize: enginePool,
  applicationVersion: '1',
  logLevel: 'error',
});
await DBOS.launch();

const server = createServer(makeApi(dispatchStepMs));
server.listen(port, '127.0.0.1', () => {
  process.send?.({ type: 'ready', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
const stop = () => process.exit(0);
process.on('SIGTERM', stop).on('disconnect', stop);
