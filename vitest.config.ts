import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Deadlines are for what never comes: a machine that is busy with other work is slow, and right. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };
/** More than there are processors: tests wait for most of their time. */
const workers = 3;
const quiet = { setupFiles: 'test/support/quiet.ts' };
/** Tests of whole processes, which need the built server. */
const whole = 'test/{supervisor,faults,fuzz,journeys,live/processes}/**/*.test.ts';
/** The server's packages take GraphQL's CommonJS build, as Node.js does: with two builds no error is an instance of the other's. */
const oneGraphql = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };
const web = 'test/web/**/*.test.{ts,tsx}';

export default defineConfig({
  test: {
    globalSetup: 'test/support/global-setup.ts',
    reporters: './test/support/reporter.ts',
    projects: [
      {
        resolve: oneGraphql,
        test: {
          ...patience,
          ...quiet,
          name: 'server',
          include: ['test/**/*.test.ts'],
          exclude: [whole, web],
          maxWorkers: workers,
        },
      },
      {
        plugins: [react()],
        test: {
          ...patience,
          setupFiles: 'test/support/quiet-page.ts',
          name: 'web',
          include: [web],
          environment: 'happy-dom',
          maxWorkers: workers,
        },
      },
      {
        test: {
          ...patience,
          ...quiet,
          name: 'whole',
          include: [whole],
          globalSetup: 'test/support/build.ts',
          maxWorkers: workers,
        },
      },
    ],
  },
});
