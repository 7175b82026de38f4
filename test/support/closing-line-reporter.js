import { writeSync } from 'node:fs';

/** Ends the output with one line that machines can read, behind Jest's own summary. */
export default class ClosingLineReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests === 0 ? '' : `, ${numPendingTests} skipped`;
    process.once('exit', () => writeSync(2, `\n${numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
}
