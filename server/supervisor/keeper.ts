import { setTimeout as delay } from 'node:timers/promises';
import { backOff } from './back-off.ts';
import type { Child, Exit } from './child.ts';

/** Exit codes by which the server says that another start can not help: it is misconfigured, or its port is taken. */
const hopeless = new Set<number | null>([78, 76]);

/** A server that has run this long is taken to be sound: what ends it next is not the old trouble. */
const soundMs = 10_000;

/** One that was ready is able to run, whatever ends it again and again: its shoppers wait for it. */
const longestOnceReadyMs = 400;

export type KeeperOptions = Readonly<{
  start: () => Child;
  /** The first start waits for this. */
  after?: Promise<unknown>;
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
  /**
   * Puts a new server in the place of the running one, which is told to end once the new one is ready. Resolves to how
   * a new one ended that never was ready, with the old one left running; to undefined when all went well. Not to be
   * called again before that.
   */
  replace(): Promise<Exit | undefined>;
}>;

/** Runs a server and starts it again whenever it ends, until told to stop. */
export function keepRunning({ start, after, stop, force, onReady, onDown }: KeeperOptions): Keeper {
  let current: Child | undefined;
  let next: Child | undefined;
  let wake = new AbortController();

  const both = () => [current, next].filter((child) => child !== undefined);
  stop.addEventListener('abort', () => {
    wake.abort();
    for (const child of both()) void child.stop();
  });
  force.addEventListener('abort', () => {
    for (const child of both()) void child.kill();
  });

  /** The replacement that is ready, or on its way, takes the place; otherwise a new server. */
  function takeNext(): { child: Child; replaced: boolean } {
    const replacement = next;
    next = undefined;
    return { child: replacement ?? start(), replaced: replacement !== undefined };
  }

  async function run(): Promise<number> {
    let failures = 0;
    let downSince: number | undefined;
    await after;
    while (!stop.aborted) {
      wake = new AbortController();
      const { child, replaced } = takeNext();
      current = child;
      const url = await child.ready;
      const readyAt = performance.now();
      if (url !== undefined && !replaced && !stop.aborted)
        onReady(url, downSince === undefined ? undefined : readyAt - downSince);
      const exit = await child.exit;
      if (stop.aborted) break;
      downSince = performance.now();
      if (next) continue;
      if (hopeless.has(exit.code)) return exit.code ?? 1;
      failures = url !== undefined && downSince - readyAt >= soundMs ? 1 : failures + 1;
      const nextMs = backOff(failures, url === undefined ? undefined : longestOnceReadyMs);
      onDown(exit, nextMs);
      await delay(nextMs, undefined, { signal: wake.signal }).catch(() => {});
    }
    await Promise.all(both().map(({ exit }) => exit));
    return 0;
  }

  async function replace(): Promise<Exit | undefined> {
    if (stop.aborted) return undefined;
    const replacement = start();
    next = replacement;
    // One that waits for its next start does so no longer.
    wake.abort();
    const old = current;
    if ((await replacement.ready) === undefined) {
      // One that has the place already is told of like any other.
      if (next !== replacement || stop.aborted) return undefined;
      next = undefined;
      return replacement.exit;
    }
    if (old !== replacement && !stop.aborted) await old?.stop();
    return undefined;
  }

  return { done: run(), replace };
}
