import type { Played } from '../clients/shoppers.ts';
import type { Cluster } from './cluster.ts';
import type { Options } from './options.ts';
import type { Child } from './processes.ts';
import type { Row } from './report.ts';

/** What every part of a run works with. */
export type Bench = Readonly<{
  cluster: Cluster;
  options: Options;
  /** The process that plays shoppers. */
  shoppers: Child;
  progress: (text: string) => void;
  /** Keeps what was measured for the JSON file. */
  keep: (name: string, value: unknown) => void;
}>;

/** One kind of measurement. Gives the lines of the table that it can fill. */
export type Part = Readonly<{ name: string; run: (bench: Bench) => Promise<Row[]> }>;

/** Says in a few words what went wrong while shoppers played; empty when nothing did. */
export function problemsOf({ errors, refused }: Played): string {
  const wrong = Object.entries(errors).map(([message, count]) => `${count} × ${message}`);
  return [...wrong, ...(refused > 0 ? [`${refused} told to come again`] : [])].join('; ');
}
