// Runs before each file of tests of the page's parts: what a console would show fails the test.
import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest';

let spies: MockInstance[];
beforeEach(() => {
  spies = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')].map((spy) => spy.mockImplementation(() => {}));
});
afterEach(() => {
  expect(
    spies.flatMap((spy) => spy.mock.calls),
    'the console of the page',
  ).toEqual([]);
});
