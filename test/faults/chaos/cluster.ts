import { execFile, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runOn } from '../../../scripts/scratch.ts';
import { type Postgres, startPostgres } from '../../../server/infra/postgres.ts';
import { eventually } from '../../support/eventually.ts';

const run = promisify(execFile);
const PATIENCE_MS = 90_000;
const MAX_CONNECTIONS = '100';
/** So little log that it fits a small disk. */
const SMALL = { max_wal_size: '64MB', min_wal_size: '32MB' };
const SMALL_DISK = '256m';

/** A PostgreSQL that is treated badly. Its commits reach the disk, as they do by default. */
export class Cluster {
  readonly #folder: string;
  readonly #settings: Record<string, string>;
  /** Whether its disk is its own, and may be filled. */
  readonly ownDisk: boolean;
  #postgres: Postgres | undefined;
  #url = '';

  private constructor(folder: string, ownDisk: boolean) {
    this.#folder = folder;
    this.ownDisk = ownDisk;
    this.#settings = { max_connections: MAX_CONNECTIONS, ...(ownDisk && SMALL) };
    process.once('exit', this.#abandon);
  }

  /** Starts one on a new folder; with `ownDisk` on a small one in memory. Throws when that can not be mounted. */
  static async open({ ownDisk = false } = {}): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'checkout-chaos-'));
    const cluster = new Cluster(folder, ownDisk);
    try {
      if (ownDisk) await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK}`, 'tmpfs', folder]);
      // Another account has to enter when this one is root, since PostgreSQL refuses to run as root.
      await chmod(folder, 0o755);
      await cluster.#start();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Makes a database and returns its address. */
  async createDatabase(name: string): Promise<string> {
    await runOn(this.#url, `CREATE DATABASE ${name}`);
    const url = new URL(this.#url);
    url.pathname = name;
    return url.href;
  }

  async dropDatabase(name: string): Promise<void> {
    await runOn(this.#url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  /** Stops it at once, and starts it on the same port after `lastsMs`. */
  async restart(lastsMs: number): Promise<void> {
    await this.#postgres?.stop('immediate');
    await delay(lastsMs);
    await this.#start();
  }

  /** Leaves no space on its disk for `lastsMs`, and starts it if that has ended it. */
  async fillDisk(lastsMs: number): Promise<void> {
    const ballast = join(this.#folder, 'ballast');
    await fill(ballast);
    await delay(lastsMs);
    await rm(ballast);
    await this.#start();
  }

  /** Ends it. With `keep` its data stays where it is. */
  async close(keep = false): Promise<void> {
    process.off('exit', this.#abandon);
    await this.#postgres?.stop(keep ? 'fast' : 'immediate');
    if (keep) return;
    if (this.ownDisk) await run('umount', [this.#folder]).catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const port = this.#url ? { port: Number(new URL(this.#url).port) } : {};
    const options = { dataDir: this.#folder, settings: this.#settings, initialSync: false, ...port };
    this.#postgres = await eventually('PostgreSQL starts', () => startPostgres(options), PATIENCE_MS);
    this.#url = this.#postgres.url;
  }

  /** PostgreSQL lives in a session of its own: nothing else ends it when this process is broken off. */
  readonly #abandon = () => {
    try {
      if (this.#postgres) process.kill(this.#postgres.pid, 'SIGQUIT');
    } catch {
      // It had ended by itself.
    }
    if (this.ownDisk) spawnSync('umount', ['--lazy', this.#folder]);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

/** Writes until the disk is full. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const megabyte = Buffer.alloc(1 << 20); ; ) await file.write(megabyte);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
