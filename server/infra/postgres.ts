import { join, resolve } from 'node:path';
import { findAccount } from './postgres/account.ts';
import { findBinaries } from './postgres/binaries.ts';
import { type Cluster, initialise, launch, readPassword, type Settings } from './postgres/cluster.ts';
import { explain, PostgresError } from './postgres/errors.ts';
import { makeHome } from './postgres/home.ts';
import { adopt, ensureDatabase, findPostmaster, stopPostmaster, url } from './postgres/postmaster.ts';

export { PostgresError } from './postgres/errors.ts';

export type PostgresOptions = Readonly<{
  /** The data is kept in its subfolder `postgres`, readable for its owner only. */
  dataDir: string;
  /** Default: one that is free. An adopted server keeps the port that it has. */
  port?: number;
  /** Hears in a few words what takes long. */
  onProgress?: (message: string) => void;
  /** Settings of the server, as in postgresql.conf. An adopted server keeps those that it has. */
  settings?: Settings;
  /** Default true. False makes the new data folder without flushing it to the disk: for data that may be lost. */
  initialSync?: boolean;
}>;

export type Postgres = Readonly<{
  /** The address of the database `store`, with the password. */
  url: string;
  pid: number;
  /** It was running already: the run that had started it was killed. */
  adopted: boolean;
  /** Ends the server, after breaking off its connections; returns at once when it has ended already. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}>;

/**
 * Starts the PostgreSQL that comes with the project, or adopts the one that a killed run left. It outlives this
 * process unless it is stopped, and signals of a terminal do not reach it. Throws PostgresError.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataDir, port, onProgress, settings = {}, initialSync = true } = options;
  const account = await findAccount(resolve(dataDir, 'postgres', 'data'));
  const home = await makeHome(dataDir, account);
  const binaries = await findBinaries(account);
  const cluster: Cluster = { home, data: join(home, 'data'), binaries, account };

  await initialise(cluster, initialSync, onProgress);
  const password = await readPassword(cluster);
  const adopted = await adopt(cluster, password);
  if (!adopted) await launch(cluster, settings, port);
  const running = adopted ?? (await findPostmaster(cluster));
  if (!running)
    throw new PostgresError('PostgreSQL ended right after its start.', `See its log, ${join(home, 'log')}.`);

  try {
    await ensureDatabase(url(running.port, password, 'postgres'), 'store');
  } catch (error) {
    await stopPostmaster(cluster, 'fast');
    throw explain('PostgreSQL started, but its database could not be made.', String(error));
  }
  return {
    url: url(running.port, password, 'store'),
    pid: running.pid,
    adopted: adopted !== undefined,
    stop: (mode = 'fast') => stopPostmaster(cluster, mode),
  };
}
