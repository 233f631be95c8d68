import { expect, test } from 'vitest';
import { newId } from '../../server/infra/new-id.ts';

const random = (id: string) => BigInt(`0x${id.slice(15, 18)}${id.slice(19).replace('-', '')}`);

test('ids are in order of time, and what is random in one tells nothing of the next', () => {
  const before = Date.now();
  const ids = Array.from({ length: 1_000 }, newId);
  const times = ids.map((id) => Number.parseInt(id.replace('-', '').slice(0, 12), 16));
  for (const time of times) expect(time).toBeGreaterThanOrEqual(before);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  // With a counter, hundreds of ids in a row would grow; drawn alone, half of them do.
  const growing = ids.filter((id, i) => i > 0 && random(id) > random(ids[i - 1]!)).length;
  expect(growing).toBeGreaterThan(350);
  expect(growing).toBeLessThan(650);
  expect(new Set(ids.map(random)).size).toBe(ids.length);
});
