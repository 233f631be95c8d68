import { percentile } from '../../../bench/support/stats.ts';
import type { Round } from './round.ts';
import type { Run } from './runs.ts';
import type { Fault } from './schedule.ts';

const count = (n: number) => n.toLocaleString('en-US');

/** Makes the table of all runs together, in Markdown. */
export function reportOf(runs: readonly Run[]): string {
  const rounds = runs.flatMap((run) => run.rounds);
  const sum = (of: (round: Round) => number) => count(rounds.reduce((total, round) => total + of(round), 0));
  const faults = (...names: Fault[]) =>
    sum(({ struck }) => names.reduce((total, name) => total + (struck[name] ?? 0), 0));
  const times = (of: (round: Round) => readonly number[]) => {
    const all = rounds.flatMap(of);
    if (all.length === 0) return 'not measured';
    const seconds = [0.5, 0.95].map((share) => `${(percentile(all, share) / 1000).toFixed(2)} s`);
    return `${seconds.join(' / ')} (${count(all.length)} kills)`;
  };
  const rows: [string, string][] = [
    ['servers killed (SIGKILL)', faults('kill', 'clock')],
    ['PostgreSQL stopped at once and started', faults('restart')],
    ['servers frozen (SIGSTOP) that woke up', faults('freeze', 'longFreeze')],
    ['servers started with a clock ten minutes off', faults('clock')],
    ['sessions ended, in bunches; at a COMMIT', `${faults('terminate')}; ${faults('terminateAtCommit')}`],
    ['answers to COMMIT armed to be lost', faults('loseCommit')],
    ['answers armed to be cut in their midst', faults('cutAnswer')],
    [
      'links reset, delayed, black holes',
      ['reset', 'delay', 'blackHole'].map((name) => faults(name as Fault)).join(', '),
    ],
    ['all connections taken; rows locked for seconds', `${faults('exhaust')}; ${faults('lock')}`],
    ['disk full', faults('diskFull')],
    ['orders; acknowledged answers', `${sum(({ orders }) => orders)}; ${sum(({ answers }) => answers)}`],
    [
      'orders followed by a stream; events told; streams resumed',
      `${sum(({ streams }) => streams)}; ${sum(({ events }) => events)}; ${sum(({ resumed }) => resumed)}`,
    ],
    ['**violations**', `**${sum(({ violations }) => violations.length)}**`],
    ['a killed process, started again, answers, p50 / p95', times(({ recovery }) => recovery.answerMs)],
    ['and all of its orders have moved, p50 / p95', times(({ recovery }) => recovery.moveMs)],
    ['a peer has moved all orders of one that is gone, p50 / p95', times(({ recovery }) => recovery.adoptMs)],
  ];
  const missing = new Map(rounds.flatMap(({ unavailable }) => Object.entries(unavailable)));
  return [
    `${runs.length} runs, ${rounds.length} rounds, commits ${[...new Set(runs.map((run) => run.commit))].join(', ')}.`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    ...[...missing].map(([fault, why]) => `\nNot done in some rounds: ${fault}, since ${why}.`),
  ].join('\n');
}
