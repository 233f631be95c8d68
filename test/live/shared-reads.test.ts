import { expect, test } from 'vitest';
import { SharedReads } from '../../server/infra/live/shared-reads.ts';

test('who asks the same before it is read gets the same answer, who asks later another one', async () => {
  const asked: number[][] = [];
  const reads = new SharedReads<number, { number: number }>(String, async (numbers) => {
    asked.push(numbers);
    return numbers.map((number) => ({ number }));
  });
  const [one, same, two] = await Promise.all([reads.ask(1), reads.ask(1), reads.ask(2)]);
  expect(asked).toEqual([[1, 2]]);
  expect([one, two]).toEqual([{ number: 1 }, { number: 2 }]);
  expect(same).toBe(one);
  expect(await reads.ask(1)).not.toBe(one);
  expect(asked).toEqual([[1, 2], [1]]);
});

test('a question asked while the same is being read is read anew', async () => {
  let count = 0;
  let during: Promise<number> | undefined;
  const reads = new SharedReads<string, number>(String, async (questions) => {
    during ??= reads.ask('a');
    return questions.map(() => ++count);
  });
  expect(await reads.ask('a')).toBe(1);
  expect(await during).toBe(2);
});

test('what has no answer fails alone, and may be asked again', async () => {
  let there = false;
  const reads = new SharedReads<string, string>(String, async (questions) =>
    questions.map((question) => (question === 'b' && !there ? new Error('not there') : question)),
  );
  const failed = expect(reads.ask('b')).rejects.toThrow('not there');
  expect(await reads.ask('a')).toBe('a');
  await failed;
  there = true;
  expect(await reads.ask('b')).toBe('b');
});
