import { type Spread, spreadOf } from './stats.ts';

/** One line of the final table. */
export type Row = Readonly<{
  part: string;
  what: string;
  unit: string;
  measured: Spread;
  /** What it is compared with, in the same unit. */
  against?: Readonly<{ name: string } & Spread> | undefined;
  /** `measured` divided by `against`, of the medians. */
  ratio?: number | undefined;
  goal?: string | undefined;
  /** Undefined: there is no goal, or it can not be judged by this run. */
  reached?: boolean | undefined;
}>;

type Given = Omit<Row, 'part' | 'measured' | 'against' | 'ratio' | 'reached'> & {
  values: readonly number[];
  against?: { name: string; values: readonly number[] };
  /** Judges the median, or the ratio when there is something to compare with. */
  holds?: (figure: number) => boolean;
};

/** Makes a line from the values of all rounds. A figure that is missing is a goal that is not reached. */
export function rowOf(part: string, { values, against, holds, ...rest }: Given): Row {
  const measured = spreadOf(values);
  const other = against && { name: against.name, ...spreadOf(against.values) };
  const ratio = other && measured.median / other.median;
  return { part, ...rest, measured, against: other, ratio, reached: holds?.(ratio ?? measured.median) };
}

/** Goals of the form "at least", "at most". The figures are compared as measured, not as printed. */
export const atLeast = (limit: number) => (figure: number) => figure >= limit;
export const atMost = (limit: number) => (figure: number) => figure <= limit;

/** Writes a number with three digits that count, cut off and never rounded up. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const scale = 10 ** Math.min(digits, 4);
  return (Math.trunc(value * scale) / scale).toLocaleString('en-US', { maximumFractionDigits: Math.min(digits, 4) });
}

const spread = ({ median, min, max }: Spread) =>
  Object.is(min, max) ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;

const HEADINGS = ['part', 'what', 'measured', 'against', 'ratio', 'goal', 'reached'];

/** Lays the rows out as a table. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ part, what, unit, measured, against, ratio, goal, reached }) => [
    part,
    what,
    `${spread(measured)} ${unit}`,
    against ? `${against.name}: ${spread(against)}` : '',
    ratio === undefined ? '' : ratio < 1 && ratio > 0 ? `${figure(ratio)} (1/${figure(1 / ratio)})` : figure(ratio),
    goal ?? '',
    reached === undefined ? '' : reached ? 'yes' : 'NO',
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(HEADINGS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.map(line)].join('\n');
}
