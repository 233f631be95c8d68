import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { until } from '../processes.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { explain, PostgresError } from './errors.ts';

export type Settings = Readonly<Record<string, string>>;

/** One cluster: the folder `home` with `data`, `password` and `log`, and what runs it. */
export type Cluster = Readonly<{ home: string; data: string; binaries: Binaries; account: Account | undefined }>;

type Outcome = Readonly<{ ok: boolean; output: string }>;

/** Runs one of PostgreSQL's programs to its end, as the cluster's account. */
function execute({ home, account }: Cluster, program: string, args: string[]): Promise<Outcome> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  const env = { ...Object.fromEntries(inherited), LC_ALL: 'C' };
  return new Promise((done) =>
    execFile(program, args, { ...account, cwd: home, env, windowsHide: true }, (error, stdout, stderr) =>
      done({ ok: error === null, output: `${stdout}${stderr}` || String(error ?? '') }),
    ),
  );
}

/** Makes the cluster unless it is there. It gets its name last, so an interrupted attempt leaves nothing half made. */
export async function initialise(cluster: Cluster, sync: boolean, onProgress?: (message: string) => void) {
  if (existsSync(cluster.data)) return;
  onProgress?.('making a new database');
  const part = `${cluster.data}.new`;
  await rm(part, { recursive: true, force: true });
  const password = join(cluster.home, 'password');
  await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (cluster.account) await chown(password, cluster.account.uid, cluster.account.gid);
  const { ok, output } = await execute(cluster, cluster.binaries.initdb, [
    `--pgdata=${part}`,
    '--username=postgres',
    `--pwfile=${password}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same order of text on every system: none depends on which locales are installed.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(sync ? [] : ['--no-sync']),
  ]);
  if (!ok) {
    await rm(part, { recursive: true, force: true });
    throw explain('PostgreSQL could not make its data folder.', output);
  }
  await appendFile(join(part, 'postgresql.conf'), "\ninclude = 'store.conf'\n");
  await rename(part, cluster.data);
}

/** Reads the password of the user `postgres`. Throws PostgresError when it is lost. */
export async function readPassword({ home }: Cluster): Promise<string> {
  const path = join(home, 'password');
  return readFile(path, 'utf8').catch((error: Error) => {
    throw new PostgresError(
      `The password of the embedded PostgreSQL can not be read: ${error.message}`,
      'Start as the user who started it first, or set DATA_DIR to another folder.',
    );
  });
}

/** Starts the postmaster, in a session of its own, and waits until it answers. Throws PostgresError. */
export async function launch(cluster: Cluster, settings: Settings, wantedPort: number | undefined): Promise<void> {
  const log = join(cluster.home, 'log');
  if (((await stat(log).catch(() => undefined))?.size ?? 0) > 10_000_000) await rename(log, `${log}.old`);
  let problem = '';
  const started = await until(async () => {
    const port = wantedPort ?? (await freePort());
    await writeFile(join(cluster.data, 'store.conf'), configuration({ port: String(port), ...settings }));
    const before = (await stat(log).catch(() => undefined))?.size ?? 0;
    const { ok, output } = await execute(cluster, cluster.binaries.pgCtl, [
      'start',
      '--wait',
      '--timeout=600',
      '--silent',
      `--pgdata=${cluster.data}`,
      `--log=${log}`,
    ]);
    if (ok) return true;
    const logged = await readFile(log).catch(() => Buffer.alloc(0));
    problem = `${output}\n${logged.subarray(before).toString()}`;
    // What a killed postmaster leaves goes away by itself within moments; a taken port is answered by another one.
    return /lock file .* exists|still in use|could not bind/.test(problem) ? undefined : false;
  }, 10_000);
  if (!started) throw explain(`PostgreSQL does not start. Its log is ${log}.`, problem);
}

const configuration = (settings: Settings): string =>
  Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    wal_level: 'replica',
    timezone: 'UTC',
    ...settings,
  })
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');

/** Tells the postmaster to stop and waits up to 30 s for its end. */
export async function halt(cluster: Cluster, mode: 'fast' | 'immediate'): Promise<Outcome> {
  return execute(cluster, cluster.binaries.pgCtl, [
    'stop',
    '--wait',
    '--timeout=30',
    '--silent',
    `--mode=${mode}`,
    `--pgdata=${cluster.data}`,
  ]);
}

const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
