import { useCallback, useState } from 'react';
import { type CombinedError, useQuery, useSubscription } from 'urql';
import {
  type EventEntryFragment,
  OrderDocument,
  type OrderPageFragment,
  OrderProgressDocument,
  type OrderProgressSubscription,
} from '../gql/graphql.ts';
import { mergeEvents } from './events.ts';

export type LiveOrder = {
  /** Undefined while it is loaded, null where there is none. */
  order: OrderPageFragment | null | undefined;
  /** The whole history, oldest first. */
  events: readonly EventEntryFragment[];
  error: CombinedError | undefined;
  reload: () => void;
};

const NONE: readonly EventEntryFragment[] = [];

/** Follows an order until it has come to its end. Its events are merged by version: none is lost, none shown twice. */
export function useOrder(id: string): LiveOrder {
  const [{ data, error }, execute] = useQuery({ query: OrderDocument, variables: { id } });
  const order = data?.order;
  const read = order?.events ?? NONE;

  // Where the stream begins is decided once. It goes on by itself after a break, so later versions must not restart it.
  const [start, setStart] = useState<{ afterVersion: number; over: boolean }>();
  if (order && !start) {
    const over = order.status === 'DISPATCHED' || order.status === 'CANCELLED';
    setStart({ afterVersion: read.at(-1)?.version ?? 0, over });
  }
  const collect = useCallback(
    (told: readonly EventEntryFragment[] | undefined, { orderProgress }: OrderProgressSubscription) =>
      mergeEvents(told ?? NONE, [orderProgress]),
    [],
  );
  const [{ data: told = NONE }] = useSubscription(
    {
      query: OrderProgressDocument,
      variables: { orderId: id, afterVersion: start?.afterVersion },
      pause: !start || start.over,
    },
    collect,
  );
  return {
    order,
    events: mergeEvents(read, told),
    error,
    reload: () => execute({ requestPolicy: 'network-only' }),
  };
}
