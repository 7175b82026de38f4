import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Share of the documented pairs of operation and status that the whole suite has to see. */
const least = 0.95;

/** Pairs that no test can bring about, by operation and status, each with the reason. */
const exempt = new Map([
  ['livez 500', 'It touches nothing that could fail; the document promises the shape in case of a bug.'],
  ['startupz 500', 'As livez.'],
  ['readyz 500', 'A database that does not answer as it should is not ready; all else is as livez.'],
]);

/** Prints how much of the document the tests have seen; when they were all run, too little of it fails the run. */
export default class DocumentReporter {
  constructor(config) {
    this.named = (config.testNamePattern ?? '') !== '';
  }

  onRunComplete(_contexts, results) {
    // As global-setup.ts has left it.
    const folder = process.env['TEST_DOCUMENT_SEEN'];
    if (folder === undefined) return;
    const documented = pairs();
    const seen = new Set(readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n')));
    const unseen = documented.filter((pair) => !seen.has(pair));
    const share = 1 - unseen.length / documented.length;
    console.error(
      `\nThe document: ${documented.length - unseen.length} of ${documented.length} pairs of operation and status seen ` +
        `(${(share * 100).toFixed(1)} %), ${exempt.size} exempt`,
    );
    if (this.named || !ranAll(results)) return;
    if (unseen.length > 0) console.error(`Not seen: ${unseen.join(', ')}`);
    if (share >= least) return;
    console.error(`At least ${least * 100} % have to be seen: test more, or document less.`);
    // The run fails, and the closing line counts it.
    results.numRuntimeErrorTestSuites += 1;
  }
}

function pairs() {
  const { paths } = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8'));
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  return operations
    .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`))
    .filter((pair) => !exempt.has(pair));
}

function ranAll({ testResults }) {
  const run = new Set(testResults.map(({ testFilePath }) => testFilePath));
  return globSync('test/*.e2e-spec.ts', { cwd: root }).every((file) => run.has(resolve(root, file)));
}
