import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Batcher, type RunBatch } from '../../../server/infra/fast/batcher.ts';

/** A run that notes its batches and stays under way until it is told to end, the earliest first. */
function heldRun() {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const waiters: { count: number; resolve: () => void }[] = [];
  const run = async (items: number[]): Promise<number[]> => {
    batches.push(items);
    for (const { count, resolve } of waiters) if (batches.length >= count) resolve();
    await new Promise<void>((resolve) => ends.push(resolve));
    return items.map((item) => item * 10);
  };
  return {
    run,
    batches,
    /** Waits until so many batches have begun. */
    begun: (count: number) =>
      batches.length >= count ? Promise.resolve() : new Promise<void>((resolve) => waiters.push({ count, resolve })),
    endFirst: () => ends.shift()!(),
  };
}

const all = (batcher: Batcher<number, number>, ...items: number[]) =>
  Promise.all(items.map((item) => batcher.add(item)));

/** What the event loop has to do is done, and nothing more has begun. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('what is added in one turn is one batch, and each gets its own result', async () => {
  const held = heldRun();
  const results = all(new Batcher(held.run), 3, 1, 2);
  await held.begun(1);
  held.endFirst();
  expect(await results).toEqual([30, 10, 20]);
  expect(held.batches).toEqual([[3, 1, 2]]);
});

test('what arrives while the lane is busy goes into the next batch', async () => {
  const held = heldRun();
  const batcher = new Batcher(held.run);
  const first = all(batcher, 1);
  await held.begun(1);
  const second = batcher.add(2);
  await turn();
  const third = batcher.add(3);
  await turn();
  expect(batcher.waiting).toBe(2);
  expect(held.batches).toEqual([[1]]);
  held.endFirst();
  await held.begun(2);
  expect(batcher.waiting).toBe(0);
  held.endFirst();
  expect(await Promise.all([first, second, third])).toEqual([[10], 20, 30]);
  expect(held.batches).toEqual([[1], [2, 3]]);
});

test('as many batches are under way at once as there are lanes', async () => {
  const held = heldRun();
  const batcher = new Batcher(held.run, { lanes: 2, max: () => 1 });
  const results = all(batcher, 1, 2, 3);
  await held.begun(2);
  await turn();
  expect(held.batches).toEqual([[1], [2]]);
  held.endFirst();
  await held.begun(3);
  held.endFirst();
  held.endFirst();
  expect(await results).toEqual([10, 20, 30]);
});

test('a batch has no more items than allowed when it starts', async () => {
  const held = heldRun();
  let max = 2;
  const batcher = new Batcher(held.run, { max: () => max });
  const results = all(batcher, 1, 2, 3, 4, 5);
  await held.begun(1);
  max = 3;
  held.endFirst();
  await held.begun(2);
  held.endFirst();
  expect(await results).toEqual([10, 20, 30, 40, 50]);
  expect(held.batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
});

test('a batch that waits for company takes what comes until it starts', async () => {
  const held = heldRun();
  const batcher = new Batcher(held.run, { lingerMs: 100 });
  const first = batcher.add(1);
  await turn();
  const second = batcher.add(2);
  await held.begun(1);
  held.endFirst();
  expect(await Promise.all([first, second])).toEqual([10, 20]);
  expect(held.batches).toEqual([[1, 2]]);
});

test('a batch that is held up is put aside, where each is tried in turn, and what comes later goes on', async () => {
  let holds = true;
  const batches: number[][] = [];
  const run = async (items: number[]) => {
    batches.push(items);
    if (holds && items.includes(2)) throw new Error('held');
    return items;
  };
  const isHeld = (error: unknown) => (error as Error).message === 'held';
  const batcher = new Batcher<number, number>(run, { isHeld });
  const held = batcher.add(2);
  expect(await all(batcher, 1, 3)).toEqual([1, 3]);
  expect(await all(batcher, 4, 5)).toEqual([4, 5]);
  expect(batcher.waiting).toBe(1);
  expect(batches.slice(0, 4)).toEqual([[2, 1, 3], [2], [1], [3]]);
  holds = false;
  expect(await held).toBe(2);
  expect(batcher.waiting).toBe(0);
});

describe('an item that fails', () => {
  const outcomes = async (run: RunBatch<number, number>) => {
    const batcher = new Batcher(run);
    const settled = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    return settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)));
  };

  test('by an error in its place is rejected alone, and nothing is run again', async () => {
    const batches: number[][] = [];
    const run = async (items: number[]) => {
      batches.push(items);
      return items.map((item) => (item === 2 ? new Error('not this one') : item));
    };
    expect(await outcomes(run)).toEqual([1, 'Error: not this one', 3]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  test('by a throw of the whole batch is rejected alone: the batch is run again one by one', async () => {
    const batches: number[][] = [];
    const run = async (items: number[]) => {
      batches.push(items);
      if (items.includes(2)) throw new Error('poison');
      return items;
    };
    expect(await outcomes(run)).toEqual([1, 'Error: poison', 3]);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  test('leaves the lane free for the next', async () => {
    const batcher = new Batcher(async (items: number[]) => {
      if (items.includes(1)) throw new Error('poison');
      return items;
    });
    await expect(batcher.add(1)).rejects.toThrow('poison');
    expect(await batcher.add(2)).toBe(2);
  });
});

describe('with company', () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  test('a batch behind a small one starts at once', async () => {
    const held = heldRun();
    const batcher = new Batcher(held.run, { company: true });
    const first = all(batcher, ...numbers(7));
    await held.begun(1);
    held.endFirst();
    await first;
    const second = batcher.add(7);
    await turn();
    expect(held.batches.length).toBe(2);
    held.endFirst();
    await second;
  });

  test('a batch behind a larger one waits for others, and starts at once when there are enough', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const held = heldRun();
    const batcher = new Batcher(held.run, { company: true });
    const first = all(batcher, ...numbers(20));
    await held.begun(1);
    held.endFirst();
    await first;
    const second = batcher.add(1);
    await turn();
    expect(held.batches.length).toBe(1);
    // The clock stands still: it is their number that starts them.
    const third = all(batcher, ...numbers(31));
    await held.begun(2);
    expect(held.batches[1]).toHaveLength(32);
    held.endFirst();
    await Promise.all([second, third]);
    const alone = batcher.add(1);
    await turn();
    expect(held.batches.length).toBe(2);
    vi.advanceTimersByTime(4);
    await held.begun(3);
    held.endFirst();
    await alone;
  });

  test('of more than twice as many as are enough half is taken, of fewer what is enough', async () => {
    const held = heldRun();
    const batcher = new Batcher(held.run, { company: true, max: () => 60 });
    const results = all(batcher, ...numbers(200));
    for (let count = 1; count <= 5; count++) {
      await held.begun(count);
      held.endFirst();
    }
    expect(await results).toEqual(numbers(200).map((item) => item * 10));
    expect(held.batches.map(({ length }) => length)).toEqual([60, 60, 40, 32, 8]);
  });
});
