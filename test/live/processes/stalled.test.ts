import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import { clientOf } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { subscribeWithoutReading } from '../../support/sse.ts';
import { type RunningStore, startServer } from '../../support/store.ts';

const STEPS = 500;
const READERS = 40;
/** Each event is some 30 kB by the names that it gives its fields: with all of them, a stream is more than any buffer holds. */
const FIELDS = Array.from({ length: 8 }, (_, i) => `${'x'.repeat(900)}${i}: sku`).join(' ');
const QUERY = `subscription ($orderId: ID!) {
  orderProgress(orderId: $orderId, afterVersion: 0) { version order { lines { ${FIELDS} } } } }`;

let store: RunningStore;
beforeAll(async () => {
  store = await startServer({
    env: { DISPATCH_STEPS: String(STEPS), DISPATCH_STEP_MS: '1', LIMIT_COST: '50000', LIMIT_STALLED_SECONDS: '600' },
  });
});

/** Megabytes that a process holds in memory; undefined where the system does not tell by a file. */
async function memoryOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** Reads a stream from here on to its end, and returns the versions that it told. */
async function readToTheEnd(socket: Socket): Promise<number[]> {
  const versions: number[] = [];
  let rest = '';
  for await (const chunk of socket.resume()) {
    rest += String(chunk);
    const found = [...rest.matchAll(/"orderProgress":\{"version":(\d+)/g)];
    versions.push(...found.map(([, version]) => Number(version)));
    if (rest.includes('event: complete')) break;
    // A match may be cut in two.
    rest = found.length > 0 ? rest.slice(found.at(-1)!.index + found.at(-1)![0].length) : rest.slice(-40);
  }
  socket.destroy();
  return versions;
}

test('readers that stall cost the server next to nothing, and get everything once they read', {
  timeout: 240_000,
}, async () => {
  const client = clientOf(store.url);
  const skus = ['WIDGET', 'GADGET', 'GIZMO', 'SPROCKET'];
  const lines = await Promise.all(skus.map(async (sku) => ({ productId: (await client.product(sku)).id })));
  const { order } = await client.checkout('stalled', lines);
  const readers = await Promise.all(
    Array.from({ length: READERS }, () => subscribeWithoutReading(store.url, QUERY, { orderId: order!.id })),
  );
  const before = await memoryOf(store.pid);
  await client.pay(order!.payment.id, 'PAID');
  const status = () =>
    client.ask<{ status: string }>('query ($id: ID!) { order(id: $id) { status } }', { id: order!.id });
  await eventually('dispatched', async () => (await status()).status === 'DISPATCHED', 90_000);
  const after = await memoryOf(store.pid);
  // Queued for the readers, what they have not read would be 600 MB.
  if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(300);

  const [reader, ...others] = readers;
  for (const other of others) other.destroy();
  const versions = await readToTheEnd(reader!);
  expect(versions).toEqual(Array.from({ length: STEPS + 3 }, (_, i) => i + 1));
});
