import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** Share of the documented pairs of operation and status that the whole suite has to receive. */
const minimumShare = 0.95;

/** Pairs that no test can cause, by operation and status, each with the reason. */
const exempt = new Map([
  ['livez 500', 'It uses nothing that could fail; the document declares the response in case of a bug.'],
  ['startupz 500', 'As livez.'],
  ['authorizeOAuth 500', 'As livez: it writes nothing.'],
  ['readyz 500', 'A database that does not respond correctly makes it 503; all else is as livez.'],
]);

/** Prints how many of the documented responses the tests have received; too few of them fail a run of all tests. */
export default class ResponseCoverageReporter {
  constructor(config) {
    this.isFiltered = (config.testNamePattern ?? '') !== '';
  }

  onRunComplete(_contexts, results) {
    // global-setup.ts creates this folder.
    const folder = process.env['TEST_RESPONSE_COVERAGE'];
    if (folder === undefined) return;
    const documented = documentedPairs();
    const received = new Set(
      readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')),
    );
    const missing = documented.filter((pair) => !received.has(pair));
    const share = 1 - missing.length / documented.length;
    console.error(
      `\nResponse coverage: ${documented.length - missing.length} of ${documented.length} documented pairs of operation ` +
        `and status (${(share * 100).toFixed(1)} %), ${exempt.size} exempt`,
    );
    if (this.isFiltered || !isWholeSuite(results)) return;
    if (missing.length > 0) console.error(`Not received: ${missing.join(', ')}`);
    if (share >= minimumShare) return;
    console.error(`At least ${minimumShare * 100} % are required: test more responses, or document fewer.`);
    // Fails the run; the summary line counts it.
    results.numRuntimeErrorTestSuites += 1;
  }
}

function documentedPairs() {
  const { paths } = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8'));
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  return operations
    .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`))
    .filter((pair) => !exempt.has(pair));
}

function isWholeSuite({ testResults }) {
  const run = new Set(testResults.map(({ testFilePath }) => testFilePath));
  return globSync('test/**/*.e2e-spec.ts', { cwd: root }).every((file) => run.has(resolve(root, file)));
}
