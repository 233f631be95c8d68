import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PostgresError, type PostgresOptions, startPostgres } from '../../server/infra/postgres.ts';
import { commandOf, signal, until } from '../../server/infra/processes.ts';

let dataDir: string;
let template: string;

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-test-'));
  await chmod(folder, 0o755);
  return folder;
}

beforeEach(async () => {
  dataDir = await makeFolder();
});

afterEach(async () => {
  const home = await realpath(join(dataDir, 'postgres')).catch(() => undefined);
  if (home && existsSync(join(home, 'data'))) await (await start()).stop('immediate');
  if (home) await rm(home, { recursive: true });
  await rm(dataDir, { recursive: true });
});

const start = (options: Partial<PostgresOptions> = {}) => startPostgres({ dataDir, initialSync: false, ...options });

const isGone = async (pid: number) => ((await commandOf(pid)) === '' ? true : undefined);

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<{ value: unknown }>(text)).rows.map((row) => row.value);
  } finally {
    await client.end();
  }
}

describe('the first start', () => {
  test('starts a durable server with a database, and stops it', async () => {
    const told: string[] = [];
    const server = await start({ onProgress: (message) => told.push(message) });
    expect(server.adopted).toBe(false);
    expect(told).toEqual(['making a new database']);
    expect(
      await query(
        server.url,
        `SELECT current_database() AS value UNION ALL SELECT setting FROM pg_settings
         WHERE name IN ('fsync', 'listen_addresses', 'server_encoding', 'max_connections', 'wal_level')`,
      ),
    ).toEqual(expect.arrayContaining(['store', 'on', '127.0.0.1', 'UTF8', '200', 'replica']));
    await server.stop();
    expect(await isGone(server.pid)).toBe(true);
    await server.stop();
  });

  test('starts afresh after an interrupted first start', async () => {
    const half = join(dataDir, 'postgres', 'data.new');
    await mkdir(half, { recursive: true });
    await writeFile(join(half, 'PG_VERSION'), '18');
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS value')).toEqual([1]);
  });

  test('works in a folder that nobody else can enter, also as root', async () => {
    await chmod(dataDir, 0o700);
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([7]);
  });

  test('says what to do when the data is not there', async () => {
    await symlink(join(dataDir, 'nowhere'), join(dataDir, 'postgres'));
    await expect(start()).rejects.toThrow(PostgresError);
    await expect(start()).rejects.toThrow('Remove the link to start with no data.');
  });
});

describe('a later start', () => {
  beforeAll(async () => {
    template = await makeFolder();
    await (await startPostgres({ dataDir: template, initialSync: false })).stop();
  });

  afterAll(() => rm(template, { recursive: true }));

  // Quicker than making a cluster each time. Owners are kept.
  beforeEach(() => promisify(execFile)('cp', ['-a', join(template, 'postgres'), dataDir]));

  test('asks for a password that only its owner can read', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const { mode } = await stat(join(dataDir, 'postgres', 'password'));
    expect(mode & 0o777).toBe(0o600);
  });

  test('keeps the data between runs, and takes settings and a port', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await first.stop();
    const port = Number(new URL(first.url).port);
    const second = await start({ port, settings: { work_mem: '5MB', 'store.motto': "don't panic" } });
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual([7]);
    expect(await query(second.url, "SELECT current_setting('work_mem') AS value")).toEqual(['5MB']);
    expect(await query(second.url, "SELECT current_setting('store.motto') AS value")).toEqual(["don't panic"]);
  });

  test('a second start adopts the running server', async () => {
    const [first, second] = [await start(), await start()];
    expect(second).toMatchObject({ pid: first.pid, url: first.url, adopted: true });
    await first.stop();
    await second.stop();
    expect(await isGone(first.pid)).toBe(true);
  });

  test('adopts the server of a program that was killed', async () => {
    const script = fileURLToPath(new URL('./start-postgres.ts', import.meta.url));
    const program = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [pid] = await once(program.stdout, 'data');
      program.kill('SIGKILL');
      await once(program, 'exit');
      expect(await start()).toMatchObject({ pid: Number(pid), adopted: true });
    } finally {
      program.kill('SIGKILL');
    }
  });

  test('recovers what was committed before the server was killed', async () => {
    const killed = await start();
    await query(killed.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    process.kill(killed.pid, 'SIGKILL');
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(await query(server.url, 'SELECT value FROM kept')).toEqual([7]);
  });

  test('does not start while a process of a killed server still uses the data', async () => {
    const killed = await start();
    const client = new pg.Client({ connectionString: killed.url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      process.kill(killed.pid, 'SIGKILL');
      const starting = start();
      const log = join(dataDir, 'postgres', 'log');
      const refused = async () => (await readFile(log, 'utf8')).includes('is still in use') || undefined;
      expect(await until(refused, 9000)).toBe(true);
      process.kill(pid, 'SIGKILL');
      expect((await starting).adopted).toBe(false);
    } finally {
      signal(pid, 'SIGKILL');
      await client.end().catch(() => {});
    }
  });

  test('stopping a server that was killed does nothing', async () => {
    const { pid, stop } = await start();
    process.kill(pid, 'SIGKILL');
    expect(await until(() => isGone(pid), 5000)).toBe(true);
    await stop();
  });

  test('is not misled by a process id that belongs to another program by now', async () => {
    const { stop } = await start();
    const data = join(dataDir, 'postgres', 'data');
    const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
    await stop();
    const { uid } = await stat(data);
    const other = spawn('sleep', ['600'], process.getuid?.() === 0 ? { uid } : {});
    try {
      await writeFile(join(data, 'postmaster.pid'), [other.pid, ...lines.slice(1)].join('\n'));
      expect((await start()).adopted).toBe(false);
      expect(other.exitCode ?? other.signalCode).toBe(null);
    } finally {
      other.kill();
    }
  });

  test('says what PostgreSQL said when it does not start', async () => {
    await (await start()).stop();
    await expect(start({ settings: { work_mem: 'plenty' } })).rejects.toThrow(/does not start.*work_mem.*plenty/s);
  });
});
