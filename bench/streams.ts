import { fileURLToPath } from 'node:url';
import type { Opened, Read, Told } from './clients/readers.ts';
import type { Played } from './clients/shoppers.ts';
import { oneOrder } from './streams-of-one.ts';
import { onDatabase } from './support/cluster.ts';
import { memoryOf, PROBED } from './support/memory-probe.ts';
import { residentMb } from './support/meters.ts';
import { mostStreams } from './support/open-files.ts';
import type { Bench, Part } from './support/part.ts';
import { place } from './support/place.ts';
import { type Child, start } from './support/processes.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';
import { openShop, type Shop, TOKEN } from './support/shop.ts';
import { percentile } from './support/stats.ts';

/** With 5,000 orders one step of each in this time is 500 changes a second. */
const STEP_MS = 10_000;
const STEPS = 100;
const LISTEN_MS = 15_000;
/** The orders are placed over the time of a step, so that their steps spread over it as well. */
const PLACES_MS = STEP_MS;
const P95_MS = 150;
const KB_A_STREAM = 45;

/** Many streams on one process, of orders of which another one runs a half. */
export const streams: Part = { name: 'streams', run };

async function run(bench: Bench): Promise<Row[]> {
  const readers = start(fileURLToPath(new URL('clients/readers.ts', import.meta.url)));
  try {
    const own = await manyOrders(bench, readers);
    return [...own, ...(await oneOrder(bench, readers, bench.options.streams * 2))];
  } finally {
    await readers.end();
  }
}

async function manyOrders(bench: Bench, readers: Child): Promise<Row[]> {
  const env = { DISPATCH_STEP_MS: String(STEP_MS), DISPATCH_STEPS: String(STEPS), ...PROBED };
  const shop = await openShop(bench.cluster, 'store', { servers: 2, env });
  try {
    const count = Math.min(bench.options.streams, mostStreams());
    if (count < bench.options.streams) bench.progress(`the limit of open files allows ${count} streams`);
    const placed = await place(bench, shop, count, PLACES_MS);
    const [here] = shop.servers;
    const before = await memoryOf(here!);
    const read = { url: here!.url, token: TOKEN, orderIds: placed.map(({ id }) => id), ms: LISTEN_MS, after: 0 };
    const { opened, failed } = await readers.ask<Opened>(read satisfies Read);
    const resident = residentMb(here!.pid) * 1024 - before.rss / 1024;
    const after = await memoryOf(here!);
    const kb = (key: keyof typeof after) => (after[key] - before[key]) / 1024 / opened;
    const memory = { resident: resident / opened, rss: kb('rss'), heapUsed: kb('heapUsed'), external: kb('external') };
    bench.progress(`${opened} streams open, ${failed} failed; changes for ${LISTEN_MS / 1000} s`);
    const told = await readers.ask<Told>();
    const lost = await behind(shop, placed, told.versions);
    const delays = told.delaysMs.flat();
    const elsewhere = told.delaysMs.filter((_, index) => placed[index]!.server === 1).flat();
    bench.keep('streams', { opened, failed, memory, lost, changes: delays.length, gaps: told.gaps, ended: told.ended });
    bench.progress(`p95 ${figure(percentile(delays, 0.95))} ms, ${figure(memory.rss)} KB a stream`);
    const rate = delays.length / (LISTEN_MS / 1000);
    const name = `${opened} streams, ${figure(rate)} changes/s`;
    const line = (row: Parameters<typeof rowOf>[1]) => rowOf('streams', row);
    const late = { unit: 'ms', goal: `< ${P95_MS}`, holds: (ms: number) => ms < P95_MS };
    const small = { unit: 'KB', goal: `≤ ${KB_A_STREAM}`, holds: atMost(KB_A_STREAM) };
    return [
      line({ what: `statement to client p95, ${name}`, values: [percentile(delays, 0.95)], ...late }),
      line({ what: '… of orders that the other process runs', values: [percentile(elsewhere, 0.95)], ...late }),
      line({ what: 'memory of a stream, resident', values: [memory.resident], ...small }),
      line({ what: '… after a forced collection of garbage', values: [memory.rss], ...small }),
      line({ what: '… in the JavaScript heap, then', unit: 'KB', values: [memory.heapUsed] }),
      line({
        what: 'streams failed, ended, behind, and gaps',
        unit: '',
        values: [failed + told.ended + lost + told.gaps],
        goal: '0',
        holds: (count) => count === 0,
      }),
    ];
  } finally {
    await shop.close();
  }
}

/** Counts the streams that have not told their order's last version, a moment after it was made. */
async function behind(shop: Shop, placed: Played['placed'], versions: readonly number[]): Promise<number> {
  const ids = placed.map(({ id }) => atob(id).replace('Order:', ''));
  const { rows } = await onDatabase(shop.databaseUrl, (client) =>
    client.query<{ id: string; version: number }>(
      `SELECT order_id AS id, max(version)::int AS version FROM order_events
       WHERE at < now() - interval '2 seconds' GROUP BY 1`,
    ),
  );
  const last = new Map(rows.map(({ id, version }) => [id, version]));
  return ids.filter((id, index) => versions[index]! < (last.get(id) ?? 0)).length;
}
