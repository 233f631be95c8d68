import { expect, test } from 'vitest';
import { backoff } from '../../web/src/api/backoff.ts';
import { createHealth } from '../../web/src/api/health.ts';

test('the pause doubles from 250 ms to 2 s, half of it by chance', () => {
  expect([0, 1, 2, 3, 4, 50].map((attempt) => backoff(attempt, () => 1))).toEqual([250, 500, 1000, 2000, 2000, 2000]);
  expect([0, 3, 50].map((attempt) => backoff(attempt, () => 0))).toEqual([125, 1000, 1000]);
});

test('a false alarm shows nothing', async () => {
  const health = createHealth(async () => true);
  await health.suspect();
  expect(health.state.get()).toBe('up');
});

test('goes down at the first unanswered question, and back and up once it is answered', async () => {
  const answers = [false, false, true];
  const seen: string[] = [];
  const health = createHealth(
    async () => answers.shift() ?? true,
    async () => {},
  );
  health.state.subscribe(() => seen.push(health.state.get()));
  await health.suspect();
  await expect.poll(() => seen).toEqual(['down', 'back', 'up']);
});

test('many failures at once ask one question', async () => {
  let asked = 0;
  const health = createHealth(async () => {
    asked++;
    return true;
  });
  await Promise.all([health.suspect(), health.suspect(), health.suspect()]);
  expect(asked).toBe(1);
});
