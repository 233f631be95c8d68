import { buildWhatChanged } from '../../scripts/build.ts';

/** Builds the server and the pages that the tests of whole processes run. */
export default (): Promise<void> =>
  buildWhatChanged((message) => process.stdout.isTTY && console.log(`Before the tests: ${message}.`));
