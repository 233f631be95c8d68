import { useCallback, useEffect, useMemo, useState } from 'react';
import { type CombinedError, useClient, useQuery } from 'urql';
import { onStreamRefused } from '../api/client.ts';
import { awake } from '../api/visibility.ts';
import { OrderDocument, type OrderPageFragment, OrderProgressDocument } from '../gql/graphql.ts';
import { isBehind, type KnownOrder, learn, NOTHING, orderAsOf } from './one-version.ts';

export type LiveOrder = {
  /** As one of its versions was. Undefined while it is loaded, null where there is none. */
  order: OrderPageFragment | null | undefined;
  error: CombinedError | undefined;
  reload: () => void;
};

/** Events follow each other within milliseconds: what is missing for so long does not come by itself. */
const BEHIND_MS = 2000;

const REMEMBERED = 20;
/** What was learned of the orders looked at last: whoever comes back to one sees it as it was, at once. */
const remembered = new Map<string, KnownOrder>();

/** Follows an order until it has come to its end. */
export function useOrder(id: string): LiveOrder {
  const client = useClient();
  const [{ data, error }, execute] = useQuery({ query: OrderDocument, variables: { id } });
  const reload = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const [before, setKnown] = useState(() => remembered.get(id) ?? NOTHING);
  const known = data?.order ? learn(before, data.order) : before;
  if (known !== before) setKnown(known);
  useEffect(() => remember(id, known), [id, known]);

  const order = useMemo(() => orderAsOf(known), [known]);
  const status = order?.status;
  const over = status === 'DISPATCHED' || status === 'CANCELLED';

  // Where the stream begins is decided once. It goes on by itself after a break, so later versions must not restart it.
  const [start, setStart] = useState<{ afterVersion: number; over: boolean }>();
  if (order && !start) setStart({ afterVersion: order.version, over });
  useEffect(() => {
    if (!start || start.over) return;
    const variables = { orderId: id, afterVersion: start.afterVersion };
    // Not by a hook, which keeps only the newest of the events that arrive together.
    const { unsubscribe } = client.subscription(OrderProgressDocument, variables).subscribe(({ data }) => {
      if (data) setKnown((all) => learn(all, data.orderProgress.order, [data.orderProgress]));
    });
    return unsubscribe;
  }, [client, id, start]);

  // Where too many streams are open, the order is at least read, as often as the stream is asked for.
  useEffect(() => onStreamRefused((name) => void (name === 'OrderProgress' && reload())), [reload]);

  // Other answers bring newer states too, as the list of orders does, and no stream follows an order that is over.
  const behind = isBehind(known, order);
  useEffect(() => {
    if (!behind) return;
    if (over) reload();
    const timer = setInterval(reload, BEHIND_MS);
    return () => clearInterval(timer);
  }, [behind, over, reload]);

  // Money can still arrive for a cancelled order, and is returned; whoever looks again reads of it.
  useEffect(() => {
    if (status === 'CANCELLED') return awake.subscribe(() => awake.get() && reload());
  }, [status, reload]);

  return { order: order ?? (data?.order === null ? null : undefined), error, reload };
}

function remember(id: string, known: KnownOrder): void {
  remembered.delete(id);
  remembered.set(id, known);
  const [oldest] = remembered.keys();
  if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}
