import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { startProxy, type TcpProxy } from '../../support/proxy.ts';
import { type ServerProcess, serverProcess } from '../../support/server-process.ts';

const PATIENCE_MS = 90_000;
const AGAIN_MS = 100;
/** Where Debian's and Fedora's packages put it. */
export const libfaketime = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
  process.env.LIBFAKETIME ?? '',
].find((path) => existsSync(path));

/** A server that is started again whenever it ends, behind a proxy, with another proxy before its database. */
export class Server {
  readonly links: Readonly<Record<'database' | 'clients', TcpProxy>>;
  /** What went wrong that no fault explains. */
  readonly problems: string[] = [];
  readonly #process: ServerProcess;
  readonly #life: Promise<void>;
  #ready = false;
  #wanted = true;
  #supervised = true;
  #clock: Record<string, string> = {};

  private constructor(process: ServerProcess, database: TcpProxy, clients: TcpProxy) {
    this.#process = process;
    this.links = { database, clients };
    this.#life = this.#live();
  }

  /** Starts one. It may not be ready yet. */
  static async open(databaseUrl: string, env: Record<string, string>): Promise<Server> {
    const database = await startProxy(databaseUrl);
    const process = await serverProcess(database.url, env);
    return new Server(process, database, await startProxy(process.url));
  }

  /** Its address for clients, by way of its proxy. */
  get url(): string {
    return new URL(this.links.clients.url).origin;
  }

  get log(): string {
    return this.#process.log;
  }

  get pid(): number {
    return this.#process.pid;
  }

  async ready(): Promise<void> {
    await eventually('the server is ready', () => this.#ready, PATIENCE_MS).catch((error: Error) => {
      throw new Error(`${error.message} Its log:\n${this.log.slice(-3_000)}`);
    });
  }

  /** Waits until there is a process, ready or not. */
  async running(): Promise<void> {
    await eventually('the server is started', () => this.#process.running, PATIENCE_MS);
  }

  /**
   * Ends its process by SIGKILL; tells whether there was one. It is started again at once, unless `forGood`; then `revive`
   * starts it.
   */
  async kill(forGood = false): Promise<boolean> {
    this.#supervised = !forGood;
    const wasRunning = this.#process.running;
    await this.#process.kill('SIGKILL');
    this.#ready = false;
    return wasRunning;
  }

  revive(): void {
    this.#supervised = true;
  }

  /** Stops its process for a time. */
  async freeze(lastsMs: number): Promise<void> {
    const { pid } = this;
    if (!signal(pid, 'SIGSTOP')) return;
    try {
      await delay(lastsMs);
    } finally {
      signal(pid, 'SIGCONT');
    }
  }

  /** Lets it start with a clock that many minutes off. */
  async setClock(minutes: number): Promise<void> {
    // Without a sign, it is no offset to libfaketime, and the process ends.
    const FAKETIME = `${minutes < 0 ? '' : '+'}${minutes}m`;
    this.#clock = { LD_PRELOAD: libfaketime!, FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    await this.kill();
    await this.ready();
  }

  /** Ends its process: by SIGTERM, after which it must exit as it should, or by SIGKILL. Its proxies end too. */
  async close(ending: NodeJS.Signals): Promise<void> {
    // A fault may have struck it a moment ago, and one that is starting may end in any way.
    if (ending === 'SIGTERM') await this.ready();
    this.#wanted = false;
    await this.#process.kill(ending);
    await this.#life;
    const code = await this.#process.gone();
    if (ending === 'SIGTERM' && code !== 0) this.problems.push(`the server, told to stop, exited with ${code}`);
    await Promise.all(Object.values(this.links).map((link) => link.close()));
  }

  async #live(): Promise<void> {
    for (; this.#wanted; await delay(AGAIN_MS)) {
      if (!this.#supervised) continue;
      this.#ready = await this.#process.start(this.#clock).then(
        () => true,
        () => false,
      );
      const wasReady = this.#ready;
      this.#clock = {};
      const code = await this.#process.gone();
      this.#ready = false;
      // A signal leaves no code. A server that can not start yet ends, to be started again.
      if (this.#wanted && wasReady && code !== null)
        this.problems.push(`the server exited by itself with ${code}:\n${this.log.slice(-3_000)}`);
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
