import { readFileSync } from 'node:fs';

/** Files and connections that a process has open beside its streams. */
const OTHERS = 500;

/** Tells how many streams a process can hold by the limit of open files that it inherits: `ulimit -n` raises that. */
export function mostStreams(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Number(soft) - OTHERS);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
