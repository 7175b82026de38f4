/** Ends the output with one line that machines can read, behind Jest's own summary. */
export default class ClosingLineReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests === 0 ? '' : `, ${numPendingTests} skipped`;
    process.stderr.write(`\n${numPassedTests} passed, ${failed} failed${skipped}\n`);
  }
}
