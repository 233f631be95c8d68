import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Opened, Read, Told } from './clients/readers.ts';
import type { Play, Played } from './clients/shoppers.ts';
import { onDatabase } from './support/cluster.ts';
import { measure, residentMb } from './support/meters.ts';
import { type Bench, type Part, problemsOf } from './support/part.ts';
import { type Child, start } from './support/processes.ts';
import { atMost, figure, type Row, rowOf } from './support/report.ts';
import { openShop, productIds, type Shop, TOKEN } from './support/shop.ts';
import { percentile } from './support/stats.ts';

/** With 5,000 orders one step of each in this time is 500 changes a second. */
const STEP_MS = 10_000;
const STEPS = 100;
const LISTEN_MS = 15_000;
/** The orders are placed over the time of a step, so that their steps spread over it as well. */
const PLACES_MS = STEP_MS;
const P95_MS = 150;
const KB_A_STREAM = 45;
const MOST_CPU_MS = 0.05;

/** Many streams on one process, of orders of which another one runs a half. */
export const streams: Part = { name: 'streams', run };

async function run(bench: Bench): Promise<Row[]> {
  const readers = start(fileURLToPath(new URL('clients/readers.ts', import.meta.url)));
  try {
    const own = await manyOrders(bench, readers);
    return [...own, ...(await oneOrder(bench, readers))];
  } finally {
    await readers.end();
  }
}

async function manyOrders(bench: Bench, readers: Child): Promise<Row[]> {
  const env = { DISPATCH_STEP_MS: String(STEP_MS), DISPATCH_STEPS: String(STEPS) };
  const shop = await openShop(bench.cluster, 'store', { servers: 2, env });
  try {
    const placed = await place(bench, shop, bench.options.streams);
    const [here] = shop.servers;
    await delay(1_000);
    const before = residentMb(here!.pid);
    const read = { url: here!.url, token: TOKEN, orderIds: placed.map(({ id }) => id), ms: LISTEN_MS };
    const { opened, failed } = await readers.ask<Opened>(read satisfies Read);
    const mb = residentMb(here!.pid) - before;
    bench.progress(`${opened} streams open, ${failed} failed; changes for ${LISTEN_MS / 1000} s`);
    const told = await readers.ask<Told>();
    const lost = await behind(shop, placed, told.versions);
    const delays = told.delaysMs.flat();
    const elsewhere = told.delaysMs.filter((_, index) => placed[index]!.server === 1).flat();
    bench.keep('streams', { opened, failed, mb, lost, changes: delays.length, gaps: told.gaps, ended: told.ended });
    const rate = delays.length / (LISTEN_MS / 1000);
    const name = `${opened} streams, ${figure(rate)} changes/s`;
    const line = (row: Parameters<typeof rowOf>[1]) => rowOf('streams', row);
    const late = { unit: 'ms', goal: `< ${P95_MS}`, holds: (ms: number) => ms < P95_MS };
    return [
      line({ what: `statement to client p95, ${name}`, values: [percentile(delays, 0.95)], ...late }),
      line({ what: '… of orders that the other process runs', values: [percentile(elsewhere, 0.95)], ...late }),
      line({
        what: 'memory of a stream',
        unit: 'KB',
        values: [(mb * 1024) / opened],
        goal: `≤ ${KB_A_STREAM}`,
        holds: atMost(KB_A_STREAM),
      }),
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

/** Twice as many streams on one order, to see that a change is not read and written for each of them anew. */
async function oneOrder(bench: Bench, readers: Child): Promise<Row[]> {
  const count = bench.options.streams * 2;
  const shop = await openShop(bench.cluster, 'store', { env: { DISPATCH_STEP_MS: '1000', DISPATCH_STEPS: '1000' } });
  try {
    const [order] = await place(bench, shop, 1);
    const [server] = shop.servers;
    const read: Read = { url: server!.url, token: TOKEN, orderIds: Array(count).fill(order!.id), ms: LISTEN_MS };
    const { opened, failed } = await readers.ask<Opened>(read);
    bench.progress(`${opened} streams open on one order, ${failed} failed`);
    let told: Told | undefined;
    const spent = await measure(bench.cluster, shop.database, [server!.pid], async () => {
      told = await readers.ask<Told>();
    });
    const delays = told!.delaysMs.flat();
    const cpu = spent.nodeMs / delays.length;
    bench.keep('streams of one order', { opened, failed, told: delays.length, nodeMs: spent.nodeMs, gaps: told!.gaps });
    const name = `${opened} streams of one order`;
    const line = (row: Parameters<typeof rowOf>[1]) => rowOf('streams', row);
    return [
      line({ what: `statement to client p95, ${name}`, unit: 'ms', values: [percentile(delays, 0.95)] }),
      line({
        what: `CPU of the server for an event told, ${name}`,
        unit: 'ms',
        values: [cpu],
        // To execute and serialise an event for one reader takes several times this.
        goal: `≤ ${MOST_CPU_MS} (one serialisation)`,
        holds: atMost(MOST_CPU_MS),
      }),
    ];
  } finally {
    await shop.close();
  }
}

/** Places and pays for orders in portions over some time, at both servers in turn. */
async function place({ shoppers, progress }: Bench, shop: Shop, count: number): Promise<Played['placed']> {
  const portions = Math.min(count, 20);
  const placed: Played['placed'] = [];
  const begun = performance.now();
  for (let portion = 0; portion < portions; portion++) {
    const play: Play = {
      urls: shop.servers.map(({ url }) => url),
      token: TOKEN,
      inFlight: Math.min(32, count),
      warmMs: 0,
      ms: 0,
      total: Math.floor(((portion + 1) * count) / portions) - Math.floor((portion * count) / portions),
      products: productIds(1),
      lines: 1,
    };
    const played = await shoppers.ask<Played>(play);
    if (problemsOf(played)) progress(problemsOf(played));
    placed.push(...played.placed);
    if (portions > 1) await delay(Math.max(0, begun + ((portion + 1) * PLACES_MS) / portions - performance.now()));
  }
  return placed;
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
