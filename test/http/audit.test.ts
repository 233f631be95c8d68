import { auditServer } from 'graphql-http';
import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const store = useApp();

test('the endpoint does what the specification of GraphQL over HTTP asks for', async () => {
  const results = await auditServer({ url: `${store.url}/graphql` });
  const failed = results
    .filter(({ status }) => status !== 'ok')
    .map(({ id, name, status }) => `${status} ${id} ${name}`);
  expect(results.length).toBeGreaterThan(50);
  expect(failed).toEqual([]);
});
