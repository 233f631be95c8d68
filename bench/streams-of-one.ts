import type { Opened, Read, Told } from './clients/readers.ts';
import { countStatements, measure } from './support/meters.ts';
import { mostStreams } from './support/open-files.ts';
import type { Bench } from './support/part.ts';
import { place } from './support/place.ts';
import type { Child } from './support/processes.ts';
import { atMost, type Row, rowOf } from './support/report.ts';
import { openShop, TOKEN } from './support/shop.ts';
import { percentile } from './support/stats.ts';

const LISTEN_MS = 15_000;
const ENV = { DISPATCH_STEP_MS: '1000', DISPATCH_STEPS: '1000' };
const MOST_CPU_MS = 0.05;

/** Reading the events of orders after a version, and loading the order of an event that is executed. */
const CALLS = `
  SELECT coalesce(sum(calls) FILTER (WHERE query LIKE '%WITH ORDINALITY AS asked%'), 0)::int AS reads,
    coalesce(sum(calls) FILTER (WHERE query LIKE 'SELECT "public"."order_events"."order_id"%'), 0)::int AS executions
  FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE datname = $1`;

type Calls = { reads: number; executions: number };

/** Many streams on one order, to see that a change is not read and written for each of them anew. */
export async function oneOrder(bench: Bench, readers: Child, wanted: number): Promise<Row[]> {
  const { cluster } = bench;
  const count = Math.min(wanted, mostStreams());
  if (count < wanted) bench.progress(`the limit of open files allows ${count} streams of one order`);
  const shop = await openShop(cluster, 'store', {
    env: ENV,
    prepare: (database) => countStatements(cluster, database),
  });
  const calls = async () => (await cluster.admin.query<Calls>(CALLS, [shop.database])).rows[0]!;
  try {
    const [order] = await place(bench, shop, 1, 0);
    const [server] = shop.servers;
    const orderIds: string[] = Array(count).fill(order!.id);
    const read: Read = { url: server!.url, token: TOKEN, orderIds, ms: LISTEN_MS, withOrder: true };
    const { opened, failed } = await readers.ask<Opened>(read);
    bench.progress(`${opened} streams open on one order, ${failed} failed`);
    const before = await calls();
    let told: Told | undefined;
    const spent = await measure(cluster, shop.database, [server!.pid], async () => {
      told = await readers.ask<Told>();
    });
    const after = await calls();
    const delays = told!.delaysMs.flat();
    const changes = Math.max(...told!.delaysMs.map(({ length }) => length));
    const reads = (after.reads - before.reads) / changes;
    const executions = (after.executions - before.executions) / changes;
    const { gaps, ended } = told!;
    bench.keep('streams of one order', { opened, failed, gaps, ended, changes, reads, executions, ...spent });
    const name = `${opened} streams of one order`;
    const line = (row: Parameters<typeof rowOf>[1]) => rowOf('streams', row);
    const few = { unit: '', goal: '≤ 2', holds: atMost(2) };
    return [
      line({ what: `statement to client p95, ${name}`, unit: 'ms', values: [percentile(delays, 0.95)] }),
      line({ what: 'reads for a change', values: [reads], ...few }),
      line({ what: 'executions and serialisations for a change', values: [executions], ...few }),
      line({
        what: `CPU of the server for an event told, ${name}`,
        unit: 'ms',
        values: [spent.nodeMs / delays.length],
        // To execute and serialise an event for one reader takes several times this.
        goal: `≤ ${MOST_CPU_MS}`,
        holds: atMost(MOST_CPU_MS),
      }),
      line({
        what: `failed, ended, and gaps, ${name}`,
        unit: '',
        values: [failed + ended + gaps],
        goal: '0',
        holds: atMost(0),
      }),
    ];
  } finally {
    await shop.close();
  }
}
