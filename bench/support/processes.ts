import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { NODE_FLAGS } from '../../server/infra/node-flags.ts';

const running = new Set<ChildProcess>();
const READY_MS = 60_000;
const LONGEST_MS = 900_000;

// Whatever ends this run, it leaves no process behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process of this run that talks by IPC. */
export type Child = Readonly<{
  pid: number;
  /** Sends a message, if there is one, and resolves to the next answer. Rejects when the process ends first. */
  ask<Answer>(message?: object, timeoutMs?: number): Promise<Answer>;
  /** Ends it, at once, and waits until it is gone. */
  end(): Promise<void>;
}>;

/** Starts a program in a process of its own. What it writes to its standard error is shown. */
export function start(program: string, env: Record<string, string> = {}): Child {
  const child = fork(program, {
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env },
    // The loader of this run is for its own sources: what is built starts as it does everywhere.
    execArgv: program.endsWith('.ts') ? process.execArgv : NODE_FLAGS,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  running.add(child);
  const exit = once(child, 'exit').finally(() => running.delete(child));
  // Two messages can arrive at once: the second waits for whoever asks next.
  const messages: unknown[] = [];
  let onMessage = () => {};
  child.on('message', (message) => {
    messages.push(message);
    onMessage();
  });
  return {
    pid: child.pid ?? 0,
    async ask<Answer>(message?: object, timeoutMs = LONGEST_MS) {
      if (message) child.send(message);
      const answered = new Promise<void>((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`${program} ${why}.`));
        const late = setTimeout(fail, timeoutMs, 'gave no answer in time');
        onMessage = () => {
          clearTimeout(late);
          resolve();
        };
        void exit.then(([code, signal]) => {
          clearTimeout(late);
          fail(`ended (${code ?? signal})`);
        });
        if (messages.length > 0) onMessage();
      });
      await answered;
      return messages.shift() as Answer;
    },
    async end() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Starts a server and waits until it says that it is ready. */
export async function startServer(program: string, env: Record<string, string>): Promise<Child & { url: string }> {
  const child = start(program, env);
  for (;;) {
    const said = await child.ask<{ type?: string; url?: string }>(undefined, READY_MS).catch(async (error) => {
      await child.end();
      throw error;
    });
    if (said.type !== 'ready' || !said.url) continue;
    const url = new URL(said.url);
    url.hostname = '127.0.0.1';
    return { ...child, url: url.href };
  }
}
