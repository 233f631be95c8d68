import { useCallback, useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient, useSubscription } from 'urql';
import { onStreamOpened } from '../api/client.ts';
import { OrderListDocument, type OrderRowFragment, type OrderStatus, OrdersChangedDocument } from '../gql/graphql.ts';
import { applyChange, mergeRows, type OrderList } from './order-list.ts';

const PAGE = 20;
const LARGEST_PAGE = 100;

/** Reads the orders page by page and keeps them live. Whatever changed while the stream was broken is read again. */
export function useOrderList(status: OrderStatus | null) {
  const client = useClient();
  const [list, setList] = useState<OrderList>();
  const [error, setError] = useState<CombinedError>();
  const [loading, setLoading] = useState(false);
  // Answers to questions that were asked for an earlier filter, or before a reload, are dropped.
  const question = useRef(0);
  const loaded = useRef(PAGE);
  loaded.current = Math.max(PAGE, list?.rows.length ?? 0);

  const read = useCallback(
    async (from: OrderList | undefined, count: number) => {
      const asked = ++question.current;
      setLoading(true);
      let rows: readonly OrderRowFragment[] = [];
      let after = from?.nextCursor ?? null;
      do {
        const variables = {
          first: Math.min(count - rows.length, LARGEST_PAGE),
          after,
          filter: status === null ? null : { status: [status] },
        };
        const result = await client.query(OrderListDocument, variables, { requestPolicy: 'network-only' });
        if (asked !== question.current) return;
        if (!result.data) {
          setLoading(false);
          setError(result.error);
          return;
        }
        rows = [...rows, ...result.data.orders.edges.map((edge) => edge.node)];
        after = result.data.orders.pageInfo.hasNextPage ? (result.data.orders.pageInfo.endCursor ?? null) : null;
      } while (after !== null && rows.length < count);
      setError(undefined);
      setLoading(false);
      setList((known) => ({
        rows: mergeRows(from ? (known?.rows ?? []) : keepNewer(known, rows), rows),
        nextCursor: after,
      }));
    },
    [client, status],
  );
  const reload = useCallback(() => read(undefined, loaded.current), [read]);

  useEffect(() => {
    setList(undefined);
    loaded.current = PAGE;
    void reload();
    return () => {
      question.current++;
    };
  }, [reload]);
  useEffect(() => onStreamOpened((name) => void (name === 'OrdersChanged' && reload())), [reload]);
  const [{ data: change }] = useSubscription({ query: OrdersChangedDocument, pause: list === undefined });
  const changed = change?.ordersChanged;
  useEffect(() => {
    if (changed) setList((known) => known && applyChange(known, changed, status));
  }, [changed, status]);

  const loadMore = () => void (list?.nextCursor != null && read(list, PAGE));
  return { list, error, loading, loadMore, reload };
}

// A reading can be older than what the stream has told meanwhile: those of its orders that were newer stay.
function keepNewer(known: OrderList | undefined, rows: readonly OrderRowFragment[]): OrderRowFragment[] {
  const read = new Set(rows.map((row) => row.id));
  const newest = rows[0]?.number ?? 0;
  return (known?.rows ?? []).filter((row) => read.has(row.id) || row.number > newest);
}
