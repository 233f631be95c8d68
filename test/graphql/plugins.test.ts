import { GraphQLError, getOperationAST } from 'graphql';
import { afterEach, describe, expect, test } from 'vitest';
import type { ApiPlugin } from '../../server/graphql/api.ts';
import { useApp } from '../support/app.ts';
import { WAYS } from '../support/ways.ts';

const seen: string[] = [];
/** An Envelop plugin that a shop might add: it watches, and lets nobody in who has not passed its challenge. */
const challenge: ApiPlugin = {
  onParse: () => void seen.push('parse'),
  onValidate: () => void seen.push('validate'),
  onContextBuilding({ context, extendContext }) {
    seen.push('context');
    const passed = (context as { request: Request }).request.headers.get('x-challenge') === 'passed';
    if (!passed)
      throw new GraphQLError('Pass the challenge first.', { extensions: { code: 'CHALLENGE', http: { status: 403 } } });
    extendContext({ passed } as object);
  },
  onExecute: ({ args }) => void seen.push(`execute ${(args.contextValue as { passed?: boolean }).passed}`),
  onSubscribe: ({ args }) => void seen.push(`subscribe ${(args.contextValue as { passed?: boolean }).passed}`),
};

/** One that decides when it knows the operation, and not at once. */
const noChanges: ApiPlugin = {
  async onExecute({ args: { document, operationName, contextValue } }) {
    await Promise.resolve();
    const { request } = contextValue as unknown as { request: Request };
    if (getOperationAST(document, operationName)?.operation === 'mutation' && request.headers.has('x-no-changes'))
      throw new GraphQLError('Not now.', { extensions: { code: 'CHALLENGE', http: { status: 403 } } });
  },
};

const store = useApp({ plugins: [challenge, noChanges] });
afterEach(() => void seen.splice(0));

describe.each(WAYS)('a plugin of Envelop governs $name', ({ name, send }) => {
  test('which it lets in', async () => {
    const response = await send(store.url, { 'x-challenge': 'passed' });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain('CHALLENGE');
    const last = name.startsWith('a subscription') ? 'subscribe true' : 'execute true';
    expect(seen).toEqual(['parse', 'validate', 'context', last]);
  });

  test('which it refuses', async () => {
    const response = await send(store.url);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('"code":"CHALLENGE"');
    expect(seen).toEqual(['parse', 'validate', 'context']);
  });
});

describe('a plugin that asks for a challenge with each change', () => {
  const change = WAYS.find(({ name }) => name === 'a mutation')!;

  test('refuses a change without it, and leaves reads alone', async () => {
    const headers = { 'x-challenge': 'passed' };
    const refused = await change.send(store.url, { ...headers, 'x-no-changes': '1' });
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('"code":"CHALLENGE"');
    const read = await WAYS[0]!.send(store.url, { ...headers, 'x-no-changes': '1' });
    expect(read.status).toBe(200);
  });
});
