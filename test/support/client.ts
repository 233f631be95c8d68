import { keyOf } from './keys.ts';

/** Sends GraphQL operations to a store, over HTTP as any client does. */
export type Client = ReturnType<typeof clientOf>;

export type Answer<Data> = { data?: Data; errors?: { message: string; extensions?: { code?: string } }[] };

const ORDER = `id number status cancelReason version total { amount currencyCode }
  payment { id status attempts amount { amount } } payBy progress { done total } createdAt updatedAt
  lines { sku name quantity unitPrice { amount } total { amount } product { id inventory } }
  events { version type status progress { done total } at }`;

/** An order as the client asks for it. */
export type OrderData = {
  id: string;
  number: number;
  status: string;
  cancelReason: string | null;
  version: number;
  total: { amount: string; currencyCode: string };
  payment: { id: string; status: string; attempts: number; amount: { amount: string } };
  payBy: string;
  progress: { done: number; total: number };
  createdAt: string;
  updatedAt: string;
  lines: { sku: string; name: string; quantity: number; product: { id: string; inventory: number } }[];
  events: { version: number; type: string; status: string; progress: { done: number; total: number }; at: string }[];
};

type Result = { __typename: string; message?: string; path?: string[]; order?: OrderData };
export type CheckoutData = Result & { replayed?: boolean; requested?: number; available?: number };
export type ProductData = { id: string; sku: string; inventory: number; version: number };

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Makes a client of the store at an address, which may be known later. `fetchOnce`: what sends its requests, as
 * `fetch` does.
 */
export function clientOf(store: string | (() => string), token?: string, fetchOnce: Fetch = fetch) {
  async function send<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<Data>> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    };
    const response = await fetchOnce(`${typeof store === 'string' ? store : store()}/graphql`, init);
    return (await response.json()) as Answer<Data>;
  }
  /** Sends an operation that must succeed, and returns the value of its one field. */
  async function ask<Value>(query: string, variables?: Record<string, unknown>): Promise<Value> {
    const { data, errors } = await send<Record<string, Value>>(query, variables);
    if (errors || !data) throw new Error(errors?.map(({ message }) => message).join('; ') ?? 'no data');
    return Object.values(data)[0]!;
  }
  return {
    send,
    ask,
    /** `name`: makes the key of it. */
    checkout: (name: string, lines: { productId: string; quantity?: number }[]) =>
      ask<CheckoutData>(
        `mutation ($input: CheckoutInput!) { checkout(input: $input) { __typename
          ... on CheckoutSuccess { replayed order { ${ORDER} } }
          ... on InsufficientStockError { requested available order { ${ORDER} } }
          ... on InvalidInputError { path } ... on UserError { message } } }`,
        { input: { idempotencyKey: keyOf(name), lines } },
      ),
    pay: (paymentId: string, outcome: 'PAID' | 'DECLINED' | 'FAILED', idempotencyKey?: string) =>
      ask<Result>(
        `mutation ($input: SubmitPaymentInput!) { submitPayment(input: $input) { __typename
          ... on SubmitPaymentSuccess { order { ${ORDER} } } ... on OrderStateError { order { ${ORDER} } }
          ... on InvalidInputError { path } ... on UserError { message } } }`,
        { input: { paymentId, outcome, idempotencyKey } },
      ),
    cancel: (orderId: string) =>
      ask<Result>(
        `mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename
          ... on CancelOrderSuccess { order { ${ORDER} } } ... on OrderStateError { order { ${ORDER} } }
          ... on UserError { message } } }`,
        { input: { orderId } },
      ),
    restock: (input: { idempotencyKey: string; productId?: string; level?: { setTo?: number; add?: number } }) =>
      ask<Result & { products?: ProductData[] }>(
        `mutation ($input: RestockInput!) { restock(input: $input) { __typename
          ... on RestockSuccess { products { id sku inventory version } }
          ... on InvalidInputError { path } ... on UserError { message } } }`,
        { input },
      ),
    order: (id: string) => ask<OrderData | null>(`query ($id: ID!) { order(id: $id) { ${ORDER} } }`, { id }),
    product: (sku: string) =>
      ask<ProductData>(`query ($sku: String!) { product(sku: $sku) { id sku inventory version } }`, { sku }),
  };
}
