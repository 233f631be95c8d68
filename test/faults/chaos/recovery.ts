import { setTimeout as delay } from 'node:timers/promises';
import { clientOf } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { ask } from '../lease-rows.ts';
import type { Server } from './server.ts';
import type { Target } from './strikes.ts';

/** Times in milliseconds since a kill. */
export type Recovery = { answerMs: number[]; moveMs: number[]; adoptMs: number[] };

const PATIENCE_MS = 60_000;
/** Between two kills that are measured, everything is well again. */
const CALM_MS = 1_500;

type Moving = { id: string; version: number };

/** The orders under way in a dispatch that a server runs: those that are not at their last step. */
const RUN_BY = `
  SELECT o.id, o.version FROM orders o JOIN dbos.workflow_status w ON w.workflow_uuid = 'checkout:' || o.key_hash
  WHERE w.status = 'PENDING' AND w.executor_id = $1 AND o.status = 'PAID'`;

const MOVED = `
  SELECT id FROM orders JOIN json_to_recordset($1::json) AS x(id uuid, version int) USING (id)
  WHERE orders.version > x.version`;

/**
 * Kills servers one after another for that many seconds, and measures how long it takes until all is well. A server that
 * is the only one is started again at once: until it answers, and until all orders that it ran have moved. Of several,
 * one stays away until the others have moved its orders.
 */
export async function measureRecovery(target: Target, seconds: number, recovery: Recovery, signal: AbortSignal) {
  const { servers, databaseUrl } = target;
  const alone = servers.length === 1;
  let kills = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end && !signal.aborted; kills++) {
    const server = servers[kills % servers.length]!;
    const orders = await eventually('it has orders to move', () => ordersOf(server, databaseUrl), PATIENCE_MS);
    const killed = performance.now();
    await server.kill(!alone);
    const moved = untilMoved(databaseUrl, orders).then(() => performance.now() - killed);
    if (alone) {
      await eventually('it answers', () => answers(server), PATIENCE_MS);
      recovery.answerMs.push(Math.round(performance.now() - killed));
    }
    recovery[alone ? 'moveMs' : 'adoptMs'].push(Math.round(await moved));
    server.revive();
    await server.ready();
    await delay(CALM_MS, undefined, { signal }).catch(() => {});
  }
  return kills;
}

const answers = ({ url }: Server) => clientOf(url).ask('{ __typename }');

async function ordersOf(server: Server, databaseUrl: string): Promise<Moving[] | false> {
  const { executorId } = await clientOf(server.url).ask<{ executorId: string }>('{ server { executorId } }');
  const orders = await ask<Moving>(databaseUrl, RUN_BY, [executorId]);
  return orders.length > 0 && orders;
}

async function untilMoved(databaseUrl: string, orders: readonly Moving[]): Promise<void> {
  const given = [JSON.stringify(orders)];
  await eventually(
    'its orders move',
    async () => (await ask(databaseUrl, MOVED, given)).length === orders.length,
    PATIENCE_MS,
  );
}
