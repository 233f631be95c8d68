import { setTimeout as delay } from 'node:timers/promises';
import type { Played } from '../clients/shoppers.ts';
import { onDatabase } from './cluster.ts';
import { fill } from './fill.ts';
import type { Bench } from './part.ts';
import { openShop, productIds, TOKEN } from './shop.ts';

type Database = Readonly<{ database: string; databaseUrl: string }>;

let made: Promise<Database> | undefined;
const DISPATCHED_MS = 30_000;

/** The database with a million orders and 200,000 finished workflows; made once a run. */
export function fullDatabase(bench: Bench): Promise<Database> {
  made ??= makeFull(bench);
  return made;
}

async function makeFull({ cluster, shoppers, options, progress }: Bench): Promise<Database> {
  const { databaseUrl: from } = await sample();
  const begun = performance.now();
  await onDatabase(from, (client) =>
    fill(client, options.orders, Math.ceil(options.orders / 5), (share) => {
      if (share === 1 || Math.round(share * 20) % 4 === 0)
        progress(`filling the database: ${Math.round(share * 100)} %`);
    }),
  );
  await cluster.admin.query('CHECKPOINT');
  const { rows } = await cluster.admin.query<{ size: string }>(
    `SELECT pg_size_pretty(pg_database_size('full_store')) AS size`,
  );
  progress(`filled in ${Math.round((performance.now() - begun) / 1000)} s: ${rows[0]!.size}`);
  return { database: 'full_store', databaseUrl: from };

  /** A database with one order that has been through everything. */
  async function sample(): Promise<Database> {
    const empty = await openShop(cluster, 'store');
    await empty.servers[0]!.end();
    const database = 'full_store';
    const databaseUrl = await cluster.createDatabase(database, empty.database);
    await empty.close();
    const shop = await openShop(cluster, 'store', {
      existing: { database, databaseUrl },
      env: { DISPATCH_STEP_MS: '20' },
    });
    try {
      const urls = shop.servers.map(({ url }) => url);
      const times = { inFlight: 1, warmMs: 0, ms: 0, total: 1 };
      const played = await shoppers.ask<Played>({ urls, token: TOKEN, ...times, products: productIds(1), lines: 1 });
      if (played.ordersInAll !== 1) throw new Error('the sample order was not paid');
      await onDatabase(databaseUrl, async (client) => {
        for (const end = performance.now() + DISPATCHED_MS; performance.now() < end; await delay(100)) {
          const { rowCount } = await client.query(`SELECT FROM dbos.workflow_status WHERE status = 'PENDING'`);
          if (rowCount === 0) return;
        }
        throw new Error('the sample order was not dispatched in time');
      });
    } finally {
      await shop.close();
    }
    return { database, databaseUrl };
  }
}
