import { setTimeout as delay } from 'node:timers/promises';
import { backOff } from './back-off.ts';
import { type Child, type ChildOptions, type Exit, startChild } from './child.ts';

/** Exit codes by which the server says that another start can not help: it is misconfigured, or its port is taken. */
const hopeless = new Set<number | null>([78, 76]);

/** A server that has run this long is taken to be sound: what ends it next is not the old trouble. */
const soundMs = 10_000;

export type KeeperOptions = ChildOptions &
  Readonly<{
    /** Ends the server and the keeping. */
    stop: AbortSignal;
    /** Ends the server at once, without letting it finish its requests. */
    force: AbortSignal;
    /** Hears of each time the server is ready; `downMs` since it ended, undefined the first time. */
    onReady: (url: string, downMs: number | undefined) => void;
    /** Hears of each end that nobody asked for, and in how many ms the next start is. */
    onDown: (exit: Exit, nextMs: number) => void;
  }>;

export type Keeper = Readonly<{
  /** Resolves to the exit code for us: 0 after a stop, the server's own when another start can not help. */
  done: Promise<number>;
  /** Replaces the running server by a new one, such as after a change of its sources. */
  restart(): void;
}>;

/** Runs the server and starts it again whenever it ends, until told to stop. */
export function keepRunning(options: KeeperOptions): Keeper {
  let child: Child | undefined;
  let wake = new AbortController();
  let wanted = false;
  const restart = () => {
    wanted = true;
    wake.abort();
    void child?.stop();
  };
  const end = () => {
    wake.abort();
    void child?.stop();
  };
  const endNow = () => void child?.kill();
  options.stop.addEventListener('abort', end);
  options.force.addEventListener('abort', endNow);

  async function run(): Promise<number> {
    let failures = 0;
    let downSince: number | undefined;
    while (!options.stop.aborted) {
      wanted = false;
      wake = new AbortController();
      child = startChild(options);
      const url = await child.ready;
      const readyAt = performance.now();
      if (url !== undefined && !options.stop.aborted)
        options.onReady(url, downSince === undefined ? undefined : readyAt - downSince);
      const exit = await child.exit;
      if (options.stop.aborted) break;
      downSince = performance.now();
      if (wanted) continue;
      if (hopeless.has(exit.code)) return exit.code ?? 1;
      failures = url !== undefined && downSince - readyAt >= soundMs ? 1 : failures + 1;
      options.onDown(exit, backOff(failures));
      await delay(backOff(failures), undefined, { signal: wake.signal }).catch(() => {});
    }
    return 0;
  }

  return { done: run(), restart };
}
