import { isFinal } from '../domain/order.ts';
import type { Order, OrderEvent } from '../generated/prisma/client.ts';
import type { Watch } from '../infra/live/hub.ts';
import { streamOf } from '../infra/live/stream.ts';
import { persistently } from '../infra/persistently.ts';
import { current, history, PORTION, versions } from './orders.reads.ts';

/** Orders whose last version told is remembered, so as not to tell it twice. */
const MOST_REMEMBERED = 1_000;

/** A reader of all orders stalled for so long that what it missed is no longer known. */
export class FellBehindError extends Error {
  override name = 'FellBehindError';
}

/** Reads an order's version; null where there is no such order. */
export function versionOf(orderId: string): Promise<number | null> {
  return versions.ask(orderId);
}

/**
 * Streams the events of an order after a version, each once and in order; ends when the order is final and all is
 * told. Reads what stands after its own cursor, so that nothing piles up and nothing is missed.
 */
export function progressOf(orderId: string, afterVersion: number): AsyncIterableIterator<OrderEvent> {
  return streamOf([`order:${orderId}`], (watch) => readProgress(watch, orderId, afterVersion));
}

async function* readProgress(watch: Watch, orderId: string, afterVersion: number): AsyncGenerator<OrderEvent, void> {
  let cursor = afterVersion;
  while (!watch.closed) {
    watch.take();
    const { status, events } = await persistently('progress', () => history.ask({ orderId, cursor }));
    for (const event of events) {
      yield event;
      cursor = event.version;
    }
    if (events.length === PORTION) continue;
    if (isFinal(status)) return;
    await watch.changed();
  }
}

/**
 * Streams orders as they change: the newest state of each, with growing versions, at the reader's own pace. Throws
 * FellBehindError when the reader stalled while thousands changed.
 */
export function changedOrders(): AsyncIterableIterator<Order> {
  return streamOf(['order:*'], readChanges);
}

async function* readChanges(watch: Watch): AsyncGenerator<Order, void> {
  const told = new Map<string, number>();
  while (!watch.closed) {
    await watch.changed();
    if (watch.fellBehind)
      throw new FellBehindError('Too many orders changed meanwhile: load the list and subscribe anew.');
    const ids = [...watch.take()].map((topic) => topic.slice('order:'.length)).filter((id) => id !== '*');
    for (let start = 0; start < ids.length; start += PORTION) {
      const portion = ids.slice(start, start + PORTION);
      const orders = await persistently('changes', () => current.ask(portion));
      for (const order of orders.filter(({ id, version }) => (told.get(id) ?? 0) < version)) {
        yield order;
        told.delete(order.id);
        told.set(order.id, order.version);
        if (told.size > MOST_REMEMBERED) told.delete(told.keys().next().value!);
      }
    }
  }
}
