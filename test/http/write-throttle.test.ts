import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WriteThrottle } from '../../server/http/write-throttle.ts';

test('so many go at once, the others so many a turn, in order', async () => {
  const throttle = new WriteThrottle(2);
  const gone: number[] = [];
  const go = async (number: number) => {
    await throttle.turn();
    gone.push(number);
  };
  const all = Promise.all([1, 2, 3, 4, 5].map(go));
  await Promise.resolve();
  const turns = [[...gone]];
  for (let i = 0; i < 2; i++) {
    await nextTurn();
    turns.push([...gone]);
  }
  expect(turns).toEqual([
    [1, 2],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ]);
  await all;
  await nextTurn();
  expect([throttle.turn(), throttle.turn()]).toEqual([undefined, undefined]);
});
