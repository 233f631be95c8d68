import { useCallback, useEffect, useRef, useState } from 'react';
import { type Client, type CombinedError, useClient } from 'urql';
import { onStreamOpened } from '../api/client.ts';
import { operatorToken } from '../api/operator-token.ts';
import { OrderListDocument, type OrderRowFragment, type OrderStatus, OrdersChangedDocument } from '../gql/graphql.ts';
import { applyChange, mergeRows, type OrderList } from './order-list.ts';

const PAGE = 20;
const LARGEST_PAGE = 100;

/**
 * Reads the orders page by page and keeps them live. Whatever changed while the stream was broken is read again.
 * `admitted`: whether whoever asks may see them, also while they are read again for another filter.
 */
export function useOrderList(status: OrderStatus | null) {
  const client = useClient();
  const [list, setList] = useState<OrderList>();
  const [error, setError] = useState<CombinedError>();
  const [admitted, setAdmitted] = useState(false);
  const [loadingMore, setLoadingMore] = useState(false);
  // Answers to questions that were asked for an earlier filter, or before a newer question, are dropped.
  const question = useRef(0);
  const asking = useRef(false);
  const wanted = useRef(PAGE);

  const read = useCallback(
    async (from?: OrderList) => {
      const asked = ++question.current;
      asking.current = true;
      const page = await readRows(client, status, from, wanted.current - (from?.rows.length ?? 0));
      if (asked !== question.current) return;
      asking.current = false;
      setLoadingMore(false);
      setError(page.error);
      if (page.error) return;
      setAdmitted(true);
      setList((known) => ({
        rows: mergeRows(from ? (known?.rows ?? []) : keepNewer(known, page.rows), page.rows),
        nextCursor: page.nextCursor,
      }));
    },
    [client, status],
  );
  const reload = useCallback(() => read(), [read]);

  const begin = useCallback(() => {
    setList(undefined);
    wanted.current = PAGE;
    void reload();
  }, [reload]);

  useEffect(() => {
    begin();
    return () => {
      question.current++;
    };
  }, [begin]);
  // Whoever signs in or out, or is signed out, sees something else.
  useEffect(() => {
    return operatorToken.subscribe(() => {
      setAdmitted(false);
      begin();
    });
  }, [begin]);
  useEffect(() => onStreamOpened((name) => void (name === 'OrdersChanged' && reload())), [reload]);
  const loaded = list !== undefined;
  useEffect(() => {
    if (!loaded) return;
    // Not by a hook, which keeps only the newest of the changes that arrive together.
    const { unsubscribe } = client.subscription(OrdersChangedDocument, {}).subscribe(({ data }) => {
      if (data) setList((known) => known && applyChange(known, data.ordersChanged, status));
    });
    return unsubscribe;
  }, [client, loaded, status]);

  function loadMore() {
    if (loadingMore || list?.nextCursor == null) return;
    setLoadingMore(true);
    wanted.current = list.rows.length + PAGE;
    // A reading from the start that is under way would be lost: it is asked for again, with one page more.
    void read(asking.current ? undefined : list);
  }

  return { list, admitted, error, loadingMore, loadMore, reload };
}

/** Reads `count` orders on from a list, or from the start, in as few pages as the server allows. */
async function readRows(client: Client, status: OrderStatus | null, from: OrderList | undefined, count: number) {
  const filter = status === null ? null : { status: [status] };
  let rows: readonly OrderRowFragment[] = [];
  let nextCursor = from?.nextCursor ?? null;
  do {
    const variables = { first: Math.min(count - rows.length, LARGEST_PAGE), after: nextCursor, filter };
    const { data, error } = await client.query(OrderListDocument, variables, { requestPolicy: 'network-only' });
    if (!data) return { rows, nextCursor, error };
    rows = [...rows, ...data.orders.edges.map((edge) => edge.node)];
    nextCursor = data.orders.pageInfo.hasNextPage ? (data.orders.pageInfo.endCursor ?? null) : null;
  } while (nextCursor !== null && rows.length < count);
  return { rows, nextCursor, error: undefined };
}

// A reading can be older than what the stream has told meanwhile: those of its orders that were newer stay.
function keepNewer(known: OrderList | undefined, rows: readonly OrderRowFragment[]): OrderRowFragment[] {
  const read = new Set(rows.map((row) => row.id));
  const newest = rows[0]?.number ?? 0;
  return (known?.rows ?? []).filter((row) => read.has(row.id) || row.number > newest);
}
