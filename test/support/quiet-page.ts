// Runs before each file of tests of the page's parts: what a console would show fails the test.
import { configure } from '@testing-library/react';
import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest';

// As vitest.config.ts has it: a deadline is for what never comes.
configure({ asyncUtilTimeout: 60_000 });

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
