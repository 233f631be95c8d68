import { expect, test } from 'vitest';
import { newId } from '../../server/infra/new-id.ts';

const bitsOf = (id: string) =>
  BigInt(`0x${id.replaceAll('-', '')}`)
    .toString(2)
    .padStart(128, '0');

test('ids are UUIDs of version 8 that begin with the time', () => {
  const before = Math.floor(Date.now() / 1000);
  const ids = Array.from({ length: 1_000 }, newId);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.slice(0, 8), 16)).toBeGreaterThanOrEqual(before);
  }
  expect(new Set(ids).size).toBe(ids.length);
});

test('each of the other 90 bits is drawn for each id alone', () => {
  const ids = Array.from({ length: 4_000 }, newId).map(bitsOf);
  const positions = Array.from({ length: 128 }, (_, bit) => bit).filter(
    (bit) => bit >= 32 && !(bit >= 48 && bit < 52) && bit !== 64 && bit !== 65,
  );
  expect(positions).toHaveLength(90);
  // A fair coin leaves these bounds, eight standard deviations wide, in one of 10^15 runs.
  const isEven = (count: number) => Math.abs(count - ids.length / 2) < 8 * Math.sqrt(ids.length / 4);
  for (const bit of positions) {
    expect(isEven(ids.filter((id) => id[bit] === '1').length), `bit ${bit} is set in half of them`).toBe(true);
    const changes = ids.filter((id, i) => i > 0 && id[bit] !== ids[i - 1]![bit]).length;
    expect(isEven(changes), `bit ${bit} tells nothing of the next`).toBe(true);
  }
});
