/** The ways by which an operation can come to a store: what each sends, and what tells that it was answered. */
export type Way = Readonly<{
  name: string;
  send: (url: string, headers?: Record<string, string>) => Promise<Response>;
}>;

const QUERY = '{ server { demo } }';
const MUTATION = 'mutation { cancelOrder(input: { orderId: "none" }) { __typename } }';
const SUBSCRIPTION = 'subscription { orderProgress(orderId: "none") { version } }';

const post =
  (query: string, accept: string) =>
  (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...headers },
      body: JSON.stringify({ query }),
    });

const get =
  (query: string, accept: string) =>
  (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql?${new URLSearchParams({ query })}`, { headers: { accept, ...headers } });

/** All of them. */
export const WAYS: readonly Way[] = [
  { name: 'a query that is posted', send: post(QUERY, 'application/json') },
  { name: 'a query in an address', send: get(QUERY, 'application/json') },
  { name: 'a query answered as a stream', send: post(QUERY, 'text/event-stream') },
  { name: 'a mutation', send: post(MUTATION, 'application/json') },
  { name: 'a subscription that is posted', send: post(SUBSCRIPTION, 'text/event-stream') },
  { name: 'a subscription in an address', send: get(SUBSCRIPTION, 'text/event-stream') },
];
