import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Postgres, startPostgres } from '../../server/infra/postgres.ts';
import { signal } from '../../server/infra/processes.ts';
import { eventually } from './eventually.ts';

const run = promisify(execFile);
const STANDBY = 'standby';

/** Two PostgreSQL servers: what is committed on the first is acknowledged once the second has it too. */
export type Replicated = Readonly<{
  /** The address of both, the standby first. */
  url: string;
  /** The address of the standby alone. */
  standbyUrl: string;
  /** Sends a signal to all processes of the primary. */
  signalPrimary(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Makes the standby a primary. */
  promote(): Promise<void>;
  /** Breaks the standby off and starts it again after `meanwhile`. */
  restartStandby(meanwhile: () => Promise<void>): Promise<void>;
  /** Ends both, and removes their data. */
  remove(): Promise<void>;
}>;

/** Runs one statement in a session of its own. */
async function queryOnce<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // Told by the query itself.
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const portOf = ({ url }: Postgres) => Number(new URL(url).port);

/** Starts a primary with a synchronous standby, which is made of a copy of its data folder. */
export async function startReplicated(): Promise<Replicated> {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-replicated-'));
  // Another account has to enter when this one is root, since PostgreSQL refuses to run as root.
  await chmod(folder, 0o755);
  const options = (name: string, settings: Record<string, string>, port?: number) => ({
    ...{ dataDir: join(folder, name), initialSync: false, port },
    settings: { synchronous_commit: 'on', fsync: 'off', ...settings },
  });
  const primaryOptions = options('primary', { synchronous_standby_names: STANDBY });

  const original = await startPostgres(options('primary', {}));
  await original.stop();
  await mkdir(join(folder, 'standby'));
  const [from, to] = [join(folder, 'primary/postgres'), join(folder, 'standby/postgres')];
  await run('cp', ['-a', from, to]);
  await writeFile(join(to, 'data/standby.signal'), '');
  let primary = await startPostgres({ ...primaryOptions, port: portOf(original) });
  const { port, password } = new URL(primary.url);
  const connection = `host=127.0.0.1 port=${port} user=postgres password=${password} application_name=${STANDBY}`;
  // It has no standby of its own: a primary that waits for one would acknowledge nothing.
  const standbyOptions = options('standby', { primary_conninfo: connection, synchronous_standby_names: '' });
  let standby = await startPostgres(standbyOptions);
  await eventually('the standby is a synchronous one', async () => {
    const rows = await queryOnce(primary.url, `SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`);
    return rows.length > 0;
  });

  const signalPrimary = async (name: NodeJS.Signals) => {
    for (const pid of await familyOf(primary.pid)) signal(pid, name);
  };
  const both = `127.0.0.1:${portOf(standby)},127.0.0.1:${portOf(primary)}`;
  return {
    url: `postgresql://postgres:${password}@${both}/store?target_session_attrs=read-write`,
    standbyUrl: standby.url,
    signalPrimary,
    async promote() {
      await queryOnce(standby.url, 'SELECT pg_promote()');
    },
    async restartStandby(meanwhile) {
      await standby.stop('immediate');
      await meanwhile();
      standby = await startPostgres({ ...standbyOptions, port: portOf(standby) });
    },
    async remove() {
      await signalPrimary('SIGCONT');
      // One that was killed leaves a segment of shared memory behind, which it removes when it is started again.
      primary = await startPostgres({ ...primaryOptions, port: portOf(primary) });
      await Promise.all([primary.stop('immediate'), standby.stop('immediate')]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Finds a process and its children. */
async function familyOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return [pid, ...processes.filter(([, parent]) => parent === pid).map(([child]) => child!)];
}
