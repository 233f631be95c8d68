import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with one line that counts the tests, for whoever reads no more than that. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { failed: 0, skipped: 0, passed: 0 };
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state]++;
      }
    const all = Object.values(counts).reduce((sum, count) => sum + count);
    const parts = Object.entries(counts).filter(([state, count]) => count > 0 || state === 'passed');
    process.once('exit', () => console.log(`Tests: ${parts.map(([state, n]) => `${n} ${state}`).join(', ')} (${all})`));
  }
}
