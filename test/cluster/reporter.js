import { excludedFiles, excludedTests } from './excluded.js';

/** Prints how much of the suite has run against the cluster, and why the rest has not. */
export default class ClusterReporter {
  onRunComplete(_contexts, { numTotalTestSuites, numPassedTests, numFailedTests, numPendingTests }) {
    console.error(
      `\nCluster: ${numPassedTests + numFailedTests} tests of ${numTotalTestSuites} files ran against three API ` +
        `processes and two workers; ${numPendingTests} tests of them and ${Object.keys(excludedFiles).length} files did not:`,
    );
    for (const [reason, count] of counts(Object.values(excludedTests)))
      console.error(`  ${count} names of tests: ${reason}`);
    for (const [reason, count] of counts(Object.values(excludedFiles))) console.error(`  ${count} files: ${reason}`);
  }
}

function counts(reasons) {
  return new Map(reasons.map((reason) => [reason, reasons.filter((other) => other === reason).length]));
}
