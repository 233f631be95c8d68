import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const { client } = useApp();
const NODE = `query ($id: ID!) { node(id: $id) { __typename id
  ... on Product { sku } ... on Order { number } ... on Payment { attempts } } }`;

test('each kind of node is found by its global id', async () => {
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout('node', [{ productId }]);
  expect(await client.ask(NODE, { id: productId })).toEqual({ __typename: 'Product', id: productId, sku: 'WIDGET' });
  expect(await client.ask(NODE, { id: order!.id })).toEqual({
    __typename: 'Order',
    id: order!.id,
    number: order!.number,
  });
  const { id } = order!.payment;
  expect(await client.ask(NODE, { id })).toEqual({ __typename: 'Payment', id, attempts: 0 });
});

test('a node can be asked for more than once', async () => {
  const { id: productId } = await client.product('WIDGET');
  const { order } = await client.checkout('node twice', [{ productId }]);
  for (const id of [productId, order!.id, order!.payment.id]) {
    const query = 'query ($id: ID!) { a: node(id: $id) { id } b: node(id: $id) { id } }';
    const { data, errors } = await client.send(query, { id });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ a: { id }, b: { id } });
  }
});

test('one request can ask for several', async () => {
  const { id } = await client.product('GADGET');
  const { data } = await client.send(`query ($id: ID!) { a: node(id: $id) { id } b: node(id: "none") { id } }`, { id });
  expect(data).toEqual({ a: { id }, b: null });
});
