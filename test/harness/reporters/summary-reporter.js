import { writeSync } from 'node:fs';
import { relative } from 'node:path';

/** How many of the slowest files are listed. */
const listed = 10;

/** Ends the output with the slowest files and one line that machines can read, after Jest's own summary. */
export default class SummaryReporter {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_contexts, results) {
    const lines = [...this.slowest(results.testResults), '', countsOf(results), ''];
    process.once('exit', () => writeSync(2, lines.join('\n')));
  }

  slowest(testResults) {
    const files = testResults
      .map(({ testFilePath, perfStats: { runtime } }) => ({ file: relative(this.rootDir, testFilePath), runtime }))
      .filter(({ runtime }) => runtime > 0)
      .sort((a, b) => b.runtime - a.runtime)
      .slice(0, listed);
    if (files.length < 2) return [];
    return ['', 'Slowest files:', ...files.map(({ file, runtime }) => `${seconds(runtime)}  ${file}`)];
  }
}

function countsOf({ numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const skipped = numPendingTests === 0 ? '' : `, ${numPendingTests} skipped`;
  return `${numPassedTests} passed, ${failed} failed${skipped}`;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`.padStart(9);
}
