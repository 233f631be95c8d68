import { expect, it } from 'vitest';
import { arrayOf, numbersOf } from '../../server/infra/database.ts';

it('writes values as PostgreSQL reads an array of them', () => {
  expect(arrayOf([])).toBe('{}');
  expect(arrayOf([3, -1])).toBe('{3,-1}');
  expect(arrayOf(['019a0000-0000-7000-8000-000000000000', '019a0000-0000-7000-8000-000000000001'])).toBe(
    '{019a0000-0000-7000-8000-000000000000,019a0000-0000-7000-8000-000000000001}',
  );
});

it('reads an array of numbers as PostgreSQL writes it', () => {
  expect(numbersOf('{}')).toEqual([]);
  expect(numbersOf('{7}')).toEqual([7]);
  expect(numbersOf('{12,3,400}')).toEqual([12, 3, 400]);
});
