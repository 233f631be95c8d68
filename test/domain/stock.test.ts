import { expect, test } from 'vitest';
import { levelled, levelProblem, MAX_INVENTORY } from '../../server/domain/stock.ts';

test.each([{ setTo: 0 }, { setTo: 100 }, { setTo: MAX_INVENTORY }, { add: 1 }, { add: MAX_INVENTORY }])(
  '%o is a level',
  (level) => {
    expect(levelProblem(level)).toBeUndefined();
  },
);

test.each([{ setTo: -1 }, { setTo: MAX_INVENTORY + 1 }, { setTo: 1.5 }, { setTo: Number.NaN }])(
  '%o is no level to set',
  (level) => {
    expect(levelProblem(level)).toMatchObject({ path: ['level', 'setTo'] });
  },
);

test.each([{ add: 0 }, { add: -1 }, { add: MAX_INVENTORY + 1 }, { add: 0.5 }])('%o is no level to add', (level) => {
  expect(levelProblem(level)).toMatchObject({ path: ['level', 'add'] });
});

test.each([
  [7, { setTo: 100 }, 100],
  [200, { setTo: 100 }, 100],
  [7, { setTo: 0 }, 0],
  [7, { add: 3 }, 10],
  [MAX_INVENTORY - 1, { add: 1 }, MAX_INVENTORY],
  [MAX_INVENTORY, { add: 1 }, undefined],
])('%i units become, by %o, %s', (inventory, level, units) => {
  expect(levelled(inventory, level)).toBe(units);
});
