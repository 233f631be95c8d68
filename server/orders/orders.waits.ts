import { live } from '../infra/live/live.ts';
import { type HandedReport, localInbox, type OrderNames } from './orders.inbox.ts';
import { hasNews } from './orders.queries.ts';

/** A lost wake-up is found by the live connection's sweep; this looks again even when that is down. */
const LOOK_AGAIN_MS = 5_000;

/** Clocks agree within this; what is due is then due by the database's clock too. */
const MARGIN_MS = 5;

/**
 * Waits until there is something to settle: a report, handed over in this process or stored in the order's inbox, or
 * `payBy` (Unix milliseconds, the database's clock) has passed. Returns what was handed over. Holds nothing but
 * memory: after a crash the next execution waits anew.
 */
export async function untilReportedOr(payBy: number, names: OrderNames): Promise<HandedReport[]> {
  const { orderId } = names;
  const watch = live.watch([`inbox:${orderId}`]);
  let look = localInbox.beginWait(names);
  localInbox.onReport(orderId, () => watch.mark(`inbox:${orderId}`));
  try {
    for (;;) {
      watch.take();
      const left = live.millisecondsUntil(payBy) + MARGIN_MS;
      const reports = localInbox.take(orderId);
      if (reports.length > 0 || left <= 0) return reports;
      if (look && (await hasNews(orderId))) return localInbox.take(orderId);
      look = true;
      await watch.changed(Math.min(left, LOOK_AGAIN_MS));
    }
  } finally {
    localInbox.onReport(orderId, undefined);
    watch.close();
  }
}
