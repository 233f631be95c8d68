import type { Console } from './console.ts';
import { type KeptPostgres, keepPostgres } from './database.ts';
import { lock } from './lock.ts';
import { endOrphans } from './orphan.ts';
import { takePort } from './port.ts';
import { runServers } from './servers.ts';

export type SupervisorOptions = Readonly<{
  /** The program and arguments of the server process. */
  command: readonly [string, ...string[]];
  dataDir: string;
  host: string;
  port: number;
  /** How many server processes share the port. */
  workers: number;
  /** Not set: the embedded PostgreSQL is run in `dataDir`. */
  databaseUrl: string | undefined;
  /** Makes what the command needs, such as builds, while the database starts. */
  prepare: (progress: (text: string) => void) => Promise<void>;
  /** The lines to show when the server is ready for the first time. */
  welcome: (url: string) => readonly string[];
  /** Gets a way to replace the running servers, one by one, once they run. */
  onRunning?: (replaceAll: () => void) => void;
  console: Console;
  /** How long the server may take to finish its requests before it is ended by force. Default: 10 s. */
  graceMs?: number | undefined;
  /** Ends everything in order; with `force` as well, at once. */
  stop: AbortSignal;
  force: AbortSignal;
}>;

/** Runs the store until it is told to stop, and leaves nothing running. Resolves to the exit code for the process. */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const { dataDir, console } = options;
  const locked = await lock(dataDir);
  if (locked.holder !== undefined) {
    console.warn(
      `The store is already running with the data in ${dataDir} (process ${locked.holder}). ` +
        'Stop it first, or set DATA_DIR and PORT for a second one.',
    );
    return 1;
  }
  try {
    const hadOrphan = await endOrphans(dataDir, options.graceMs);
    // The system gives the port of a killed process free a moment after the process seems gone.
    const port = await takePort(options.host, options.port, hadOrphan ? 5000 : 0);
    if ('problem' in port) {
      console.warn(describePort(port.problem, options));
      return 76;
    }
    return await run(options, port.fd).finally(port.close);
  } finally {
    await locked.release();
  }
}

function describePort(problem: string, { host, port }: SupervisorOptions): string {
  if (problem === 'EADDRINUSE')
    return `Port ${port} is used by another program. Stop that one, or choose another port: PORT=${port + 1} npm start`;
  return `The store can not listen on ${host}, port ${port} (${problem}). Set HOST or PORT to something else.`;
}

async function run(options: SupervisorOptions, listenFd: number): Promise<number> {
  const { console } = options;
  const { database, failure } = await prepare(options);
  try {
    if (failure) throw failure;
    if (options.stop.aborted) return 0;
    const env = { ...process.env, DATABASE_URL: options.databaseUrl ?? database?.url };
    const servers = runServers({ ...options, env, listenFd });
    options.onRunning?.(servers.replaceAll);
    const code = await servers.done;
    if (code !== 0) console.warn(`The server can not run (exit code ${code}); the reason stands above.`);
    return code;
  } finally {
    await database?.stop(options.force.aborted ? 'immediate' : 'fast');
  }
}

/** Starts the database beside the other preparations. A database that runs is told even when those failed. */
async function prepare(options: SupervisorOptions): Promise<{ database?: KeptPostgres; failure?: unknown }> {
  const { console, dataDir } = options;
  const starting = options.databaseUrl
    ? Promise.resolve(undefined)
    : console.step('PostgreSQL', (onProgress) => keepPostgres({ dataDir, onProgress }, console.warn));
  // Who ends the start does not want to wait for a build.
  const building = Promise.race([console.step('Build', options.prepare), aborted(options.stop)]);
  const [database, rest] = await Promise.allSettled([starting, building]);
  if (database.status === 'rejected') return { failure: database.reason };
  return { database: database.value, failure: rest.status === 'rejected' ? rest.reason : undefined };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
