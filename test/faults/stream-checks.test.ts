import { describe, expect, test } from 'vitest';
import type { Topic } from '../../server/infra/live/hub.ts';
import { inPayloads, readPayload } from '../../server/infra/live/payload.ts';
import { findOrderStreamProblems, findStateProblems } from '../support/stream-checks.ts';

const TYPES = ['CREATED', 'RESERVED', 'PAID', 'DISPATCHED'];
const told = (...versions: number[]) => versions.map((version) => ({ version, type: TYPES[version - 1] ?? '?' }));
const history = told(1, 2, 3, 4);

describe('the checker of an order’s streams', () => {
  test('finds nothing where each event was told once, in order, to the last', () => {
    expect(findOrderStreamProblems(history, history)).toEqual([]);
  });

  test.each([
    ['missing', told(1, 2, 4), ['version 3 was not told']],
    ['twice', told(1, 2, 2, 3, 4), ['version 2 was told after 2']],
    ['out of order', told(1, 3, 2, 4), ['version 2 was not told', 'version 2 was told after 3']],
    ['not to the last', told(1, 2, 3), ['version 4, at the end, was not told']],
    ['never', [], [1, 2, 3, 4].map((version) => `version ${version}, at the end, was not told`)],
    ['of another kind', [...told(1, 2, 3), { version: 4, type: 'CANCELLED' }], [/4 was told as CANCELLED and is DISP/]],
    ['of what never was', told(1, 2, 3, 4, 5), [/version 5 was told as \? and is nothing/]],
  ])('finds one that was told %s', (_, versions, problems) => {
    const found = findOrderStreamProblems(versions, history);
    expect(found).toEqual(problems.map((problem) => expect.stringMatching(problem)));
  });

  test('fails for a reader that is told what notifications say, and reads nothing again', () => {
    // Three changes are committed while the store gathers what it is going to notify of.
    const unsent = new Map<Topic, number>();
    for (const version of [2, 3, 4]) unsent.set('order:1', version);
    const notified = inPayloads(unsent).flatMap((payload) => [...readPayload(payload)]);
    expect(findOrderStreamProblems(told(1, ...notified.map(({ version }) => version)), history)).toEqual([
      'version 2 was not told',
      'version 3 was not told',
    ]);
  });
});

describe('the checker of newest states', () => {
  const states = (...versions: number[]) => versions.map((version) => ({ id: 'p', version }));
  const now = new Map([['p', 4]]);

  test('finds nothing where versions grow to the newest, and a new connection begins with the last', () => {
    expect(findStateProblems([states(1, 3), states(3, 4)], now)).toEqual([]);
  });

  test.each([
    ['twice on a connection', [states(1, 3, 3, 4)], /version 3 of p was told after 3/],
    ['that is older', [states(1, 3), states(2, 4)], /version 2 of p was told after 3/],
    ['instead of the newest', [states(1, 3)], /version 4 of p is the newest, and 3 was told last/],
    ['not at all', [], /version 4 of p is the newest, and undefined/],
  ])('finds a state told %s', (_, connections, problem) => {
    expect(findStateProblems(connections, now)).toEqual([expect.stringMatching(problem)]);
  });
});
