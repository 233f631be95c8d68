import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, clientOf, type OrderData } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { expectLog } from '../support/log.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { type RunningStore, startServer } from '../support/store.ts';
import { holdings } from './lease-rows.ts';
import { patientClientOf } from './patient-client.ts';
import { comesToRest } from './rest.ts';

expectLog(/^The database cannot be reached/);

const STEPS = 8;
const EACH = 6;

describe('frozen or cut off', () => {
  const env = { LEASE_SECONDS: '2', DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '200' };
  let peer: RunningStore;
  let proxy: TcpProxy;
  let victim: RunningStore;
  beforeAll(async () => {
    peer = await startServer({ env });
    proxy = await startProxy(peer.databaseUrl);
    victim = await startServer({ env, databaseUrl: proxy.url });
  });
  afterAll(async () => {
    await victim?.stop();
    await proxy?.close();
  });

  /** Buys at the victim, and pays: some before it is gone, some at that moment, some while it is, some when it is back. */
  async function livesThrough(goAway: () => void, comeBack: () => void) {
    // A connection that was idle while its server was frozen is closed, and a client sends again.
    const [here, there] = [patientClientOf(victim.url), clientOf(peer.url)];
    const executorId = (client: Client) =>
      client.ask<{ executorId: string }>('{ server { executorId } }').then((server) => server.executorId);
    const [victimId, peerId] = await Promise.all([executorId(here), executorId(there)]);
    const before = await there.product('WIDGET');
    const buy = async () => (await here.checkout(randomUUID(), [{ productId: before.id }])).order!;
    const pay = async (client: Client, { payment }: OrderData) =>
      (await client.pay(payment.id, 'PAID', payment.id)).__typename;
    const groups = Array.from({ length: 4 }, () => Promise.all(Array.from({ length: EACH }, buy)));
    const [dispatching, beingPaid, paidMeanwhile, paidAfter] = await Promise.all(groups);
    await Promise.all(dispatching!.map((order) => pay(here, order)));
    const progress = async () => (await there.order(dispatching![0]!.id))!.progress.done;
    await eventually('the dispatch is under way', async () => (await progress()) > 1);

    const peerGoesOn = async () => {
      await eventually('the peer has taken everything over', async () => {
        const held = await holdings(peer.databaseUrl);
        return held.every(({ executor }) => executor === peerId);
      });
      await eventually('the peer goes on', async () => (await progress()) === STEPS);
      return Promise.all(paidMeanwhile!.map((order) => pay(there, order)));
    };
    const asked = [...beingPaid!.map((order) => pay(here, order)), buy(), buy()];
    goAway();
    const meanwhile = await peerGoesOn().finally(comeBack);
    const answers = await Promise.all(asked);
    const after = await Promise.all(paidAfter!.map((order) => pay(here, order)));
    const paid = Array.from({ length: EACH }, () => 'SubmitPaymentSuccess');
    expect([answers.slice(0, EACH), meanwhile, after]).toEqual([paid, paid, paid]);
    const late = await Promise.all([...(answers.slice(EACH) as OrderData[]), await buy()]);
    expect(await executorId(here)).toBe(victimId);
    const held = await holdings(peer.databaseUrl);
    expect(held.some(({ executor }) => executor === victimId)).toBe(true);
    await Promise.all(late.map((order) => pay(here, order)));

    await comesToRest(peer.databaseUrl);
    const orders = [dispatching, beingPaid, paidMeanwhile, paidAfter, late].flatMap((group) => group!);
    for (const { id } of orders) {
      const { status, events } = (await here.order(id))!;
      expect([status, events.length]).toEqual(['DISPATCHED', 3 + STEPS]);
    }
    expect((await here.product('WIDGET')).inventory).toBe(before.inventory - orders.length);
    for (const { log } of [victim, peer])
      expect(log.split('\n').filter((line) => /"level":[56]0/.test(line))).toEqual([]);
  }

  test('a process that is frozen, or cut off, loses its orders to a peer, and does no harm when it is back', {
    timeout: 180_000,
  }, async () => {
    const signal = (name: NodeJS.Signals) => () => void process.kill(victim.pid, name);
    await livesThrough(signal('SIGSTOP'), signal('SIGCONT'));
    // What it had sent arrives late, too.
    await livesThrough(proxy.blackHole, proxy.heal);
  });
});
