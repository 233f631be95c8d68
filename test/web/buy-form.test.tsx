import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { StrictMode } from 'react';
import { Client, fetchExchange, Provider } from 'urql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { beginIntent } from '../../web/src/api/intents.ts';
import { BuyForm } from '../../web/src/catalog/buy-form.tsx';

const product = {
  id: 'p1',
  sku: 'WIDGET',
  name: 'Widget',
  description: '',
  price: { amount: '99.99', currencyCode: 'USD' },
  inventory: 100,
  maxPerOrder: 1000,
  version: 1,
};

type Input = { idempotencyKey: string; lines: { productId: string; quantity: number }[] };
let sent: Input[];
let answer: (checkout: object) => void;

beforeEach(() => {
  sent = [];
  sessionStorage.clear();
  window.history.replaceState(null, '', '/products/WIDGET');
});
afterEach(cleanup);

/** Shows the form of a shop whose server keeps every purchase waiting until the test answers it. */
function open() {
  const fetch = (_: unknown, init?: RequestInit) => {
    sent.push((JSON.parse(String(init?.body)) as { variables: { input: Input } }).variables.input);
    return new Promise<Response>((resolve) => {
      answer = (body) => resolve(Response.json(body));
    });
  };
  const client = new Client({ url: 'http://store/graphql', fetch, exchanges: [fetchExchange], preferGetMethod: false });
  return render(
    <StrictMode>
      <Provider value={client}>
        <BuyForm product={product} />
      </Provider>
    </StrictMode>,
  );
}

const click = (name: RegExp) => fireEvent.click(screen.getByRole('button', { name }));
const reply = (checkout: object) => answer({ data: { checkout } });
const keys = () => sent.map(({ idempotencyKey }) => idempotencyKey);

test('a double click sends one purchase, and the order is shown', async () => {
  open();
  click(/^Buy/);
  click(/^Confirming/);
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.lines).toEqual([{ productId: 'p1', quantity: 1 }]);
  reply({ __typename: 'CheckoutSuccess', order: { id: 'T3JkZXI=' } });
  await waitFor(() => expect(window.location.pathname).toBe('/orders/T3JkZXI%3D'));
  expect(sessionStorage).toHaveLength(0);
});

test('a purchase that was sent before a reload is sent again by itself, with its key and quantity', async () => {
  const { key } = beginIntent('checkout:p1', { quantity: 4 });
  open();
  await waitFor(() => expect(sent).toEqual([{ idempotencyKey: key, lines: [{ productId: 'p1', quantity: 4 }] }]));
  expect(screen.getByLabelText<HTMLInputElement>('Quantity').value).toBe('4');
  screen.getByRole('button', { name: 'Confirming…' });
});

test('after an unclear answer the same key is tried again', async () => {
  open();
  click(/^Buy/);
  await waitFor(() => expect(sent).toHaveLength(1));
  answer({ data: null, errors: [{ message: 'Unexpected error.' }] });
  await screen.findByText(/you will not be charged twice/);
  click(/^Buy/);
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(keys()[1]).toBe(keys()[0]);
});

test('after a refusal, which is explained, the next purchase has a new key', async () => {
  open();
  click(/^Buy/);
  await waitFor(() => expect(sent).toHaveLength(1));
  reply({ __typename: 'InsufficientStockError', message: 'Not enough.', available: 0, product });
  await screen.findByText('Not enough. Available now: 0 pieces.');
  click(/^Buy/);
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(keys()[1]).not.toBe(keys()[0]);
});
