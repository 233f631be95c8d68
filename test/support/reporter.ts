import { DefaultReporter, type TestCase, type TestModule } from 'vitest/node';

type Unhandled = Parameters<DefaultReporter['onTestRunEnd']>[1];
type Reason = Parameters<DefaultReporter['onTestRunEnd']>[2];

/**
 * Prints what failed and a summary, and nothing of what passed; on a terminal it shows meanwhile how far it is. The last
 * line counts the tests, for whoever reads no more than that.
 */
export default class Reporter extends DefaultReporter {
  constructor() {
    super({ silent: 'passed-only' });
  }

  override onTestRunEnd(modules: readonly TestModule[], errors: Unhandled, reason: Reason): void {
    super.onTestRunEnd(modules, errors, reason);
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

  protected override printTestModule(module: TestModule): void {
    if (module.state() === 'failed') super.printTestModule(module);
  }

  protected override printTestCase(state: ReturnType<TestModule['state']>, test: TestCase): void {
    if (test.result().state === 'failed') super.printTestCase(state, test);
  }
}
