import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { runIn } from '../harness/process/guide.ts';
import { root, temporaryFolder } from '../harness/process/service-process.ts';

const folder = temporaryFolder();
const skipped = new Set(['.git', '.data', 'coverage', 'node_modules']);
/** A common name, and one with a long name and an irregular plural, without and with a resolver. */
const features = [
  ['reading-lists'],
  ['international-order-data', 'international-order-record'],
  ['vouchers', '--graphql'],
  ['international-offer-data', 'international-offer-record', '--graphql'],
];
/** Beginnings of the names of the specs in test/contracts that cover each operation. */
const contracts = ['every-', 'operations', 'errors-reference'];
/** The spec that compares the access of each field of GraphQL with its route. */
const graphql = 'test/graphql/graphql.e2e-spec.ts';

/** Runs a script of package.json in the copy of the repository. */
const npmRun = (...args: readonly string[]): string => runIn(folder, 'npm', ['run', ...args]);

describe('npm run generate', () => {
  // Jest ignores a path without a spec when another one has some.
  it.each(contracts)('is tested with specs named test/contracts/%s*', (name) => {
    const specs = fs.readdirSync(join(root, 'test/contracts')).filter((file) => file.endsWith('.e2e-spec.ts'));

    expect(specs.filter((file) => file.startsWith(name))).not.toEqual([]);
  });

  it('writes features that pass npm run check, their own tests and those of all operations', () => {
    fs.cpSync(root, folder, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !skipped.has(basename(path)),
    });
    fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    // A unit test lists the files of the repository; .gitignore excludes node_modules as a folder only.
    spawnSync('git', ['init', '--quiet'], { cwd: folder });
    fs.appendFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
    for (const names of features) npmRun('generate', '--', 'feature', ...names);
    npmRun('generate:docs');

    npmRun('check');
    const own = features.map(([plural = '']) => `test/${plural}/`);
    const output = npmRun(
      'test',
      '--',
      ...own,
      ...contracts.map((name) => `test/contracts/${name}`),
      graphql,
      '--silent',
    );
    expect(output).toMatch(/\n[1-9]\d* passed, 0 failed\n/);
  }, 1_800_000);
});
