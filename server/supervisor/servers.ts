import { join } from 'node:path';
import { type Child, type Exit, startChild } from './child.ts';
import { type Console, seconds } from './console.ts';
import { type KeeperOptions, keepRunning } from './keeper.ts';
import { recordName } from './orphan.ts';

export type ServersOptions = Pick<KeeperOptions, 'stop' | 'force'> &
  Readonly<{
    command: readonly [string, ...string[]];
    env: NodeJS.ProcessEnv;
    /** The file descriptor of the port that all of them listen on. */
    listenFd: number;
    workers: number;
    dataDir: string;
    graceMs?: number | undefined;
    /** The lines to show when the first of them is ready for the first time. */
    welcome: (url: string) => readonly string[];
    console: Console;
  }>;

export type Servers = Readonly<{
  /** Resolves to the exit code for us: 0 after a stop, a server's own when another start of it can not help. */
  done: Promise<number>;
  /** Replaces them, one after the other, by new ones. Called meanwhile, it does so once more afterwards. */
  replaceAll(): void;
}>;

/** Runs server processes behind one port, and starts each again when it ends, until told to stop. */
export function runServers(options: ServersOptions): Servers {
  const { console, workers } = options;
  const begun = performance.now();
  const failed = new AbortController();
  const stop = AbortSignal.any([options.stop, failed.signal]);
  const records = new Set<number>();
  let welcome: (() => void) | undefined;
  // One starts sooner alone; the others begin when the store answers already.
  const welcomed = new Promise<void>((done) => {
    welcome = done;
    stop.addEventListener('abort', () => done());
  });

  /** Starts one that is recorded under a number that no other has: while it is replaced, a server is two. */
  function start(onProgress: (message: string) => void): Child {
    let number = 1;
    while (records.has(number)) number++;
    records.add(number);
    const child = startChild({ ...options, record: join(options.dataDir, recordName(number)), onProgress });
    void child.exit.then(() => records.delete(number));
    return child;
  }

  function onReady(name: string, url: string, downMs: number | undefined): void {
    if (downMs === undefined) console.done(`${name} is ready (${seconds(performance.now() - begun)}).`);
    else console.done(`${name} is back after ${Math.round(downMs)} ms.`);
    if (welcome) console.block(options.welcome(url));
    welcome?.();
    welcome = undefined;
  }

  const keepers = Array.from({ length: workers }, (_, index) => {
    const name = workers === 1 ? 'The server' : `Server ${index + 1}`;
    const keeper = keepRunning({
      start: () => start((text) => console.note(`${name}: ${text}`)),
      ...(index > 0 && { after: welcomed }),
      stop,
      force: options.force,
      onReady: (url, downMs) => onReady(name, url, downMs),
      onDown: (exit, nextMs) =>
        console.warn(`${name} ended (${reason(exit)}); it is started again ${nextMs ? `in ${nextMs} ms` : 'now'}.`),
    });
    return { name, ...keeper };
  });

  async function all(): Promise<number> {
    const codes = keepers.map(async ({ done }) => {
      const code = await done;
      // What one of them can not mend by another start, none can.
      if (code !== 0) failed.abort();
      return code;
    });
    return Math.max(...(await Promise.all(codes)));
  }

  let replacing = false;
  let again = false;
  async function replaceEach(): Promise<void> {
    for (const { name, replace } of keepers) {
      const exit = await replace();
      if (stop.aborted || again) return;
      if (exit) return console.warn(`${name} is not replaced: the new one ended (${reason(exit)}).`);
      console.done(`${name} is replaced.`);
    }
  }

  return {
    done: all(),
    replaceAll: async () => {
      again = true;
      if (replacing) return;
      replacing = true;
      while (again && !stop.aborted) {
        again = false;
        await replaceEach();
      }
      replacing = false;
    },
  };
}

const reason = ({ code, signal }: Exit): string => (signal ? `killed by ${signal}` : `exit code ${code}`);
