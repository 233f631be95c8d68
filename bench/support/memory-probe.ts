import type { Child } from './processes.ts';

/** Run in the measured process, before its program: answers by IPC, after it has collected its garbage. */
const PROBE = `import v8 from 'node:v8'; import vm from 'node:vm';
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
process.on('message', (message) => {
  if (message?.type !== 'memory') return;
  collect(); collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heapUsed, external });
});`;

/** Environment of a process whose memory is to be asked for. */
export const PROBED = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(PROBE)}` };

/** Bytes: resident in all, used in the JavaScript heap, and held by that outside of it. */
export type Memory = Readonly<{ rss: number; heapUsed: number; external: number }>;

/** Has a process started with `PROBED` collect its garbage, and tells what memory it has in use then. */
export const memoryOf = (child: Child): Promise<Memory> => child.ask<Memory>({ type: 'memory' });
