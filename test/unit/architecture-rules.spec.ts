import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const planted = join(root, 'test/fixtures/architecture-rules');

// `npm run check:architecture` and `npm run check:lint` report violations in the sources.
describe('The architecture rules', () => {
  it('report each violation of the example program, and nothing else', async () => {
    expect(await violations(planted)).toEqual([
      'bullmq-in-queue: src/features/loans/reminder-queue.ts',
      'console-is-separate: admin/src/shelf.ts',
      'controllers-do-not-query: src/features/books/books.controller.ts',
      'entry-points-are-not-imported: src/platform/config/entry-point.ts',
      'environment-in-config: src/features/loans/reminders.ts',
      'features-import-index: src/features/books/overdue.ts',
      'graphql-in-resolvers: src/features/loans/loan-type.ts',
      'http-and-queue-are-separate: src/platform/http/enqueue.ts',
      'http-layers: src/platform/http/problem/layers.ts',
      'no-catch-all-folders: src/features/books/shelves.ts',
      'no-circular: src/features/books/author.ts',
      'no-unresolvable: src/features/loans/missing.ts',
      'platform-does-not-import-features: src/platform/config/features.ts',
      'platform-layers: src/platform/database/layers.ts',
      'redis-in-redis: src/features/loans/counter.ts',
      'services-do-not-know-http: src/features/books/books.errors.ts',
      'services-do-not-know-http: src/features/books/books.service.ts',
      'sql-in-repositories: src/features/loans/loans.service.ts',
      'telemetry-packages-in-telemetry: src/features/loans/loan-metrics.ts',
    ]);
  });

  it('report process.env outside src/platform/config', async () => {
    const source = readFileSync(join(planted, 'src/features/loans/reminders.ts'), 'utf8');

    expect(await environmentReads(source, 'src/features/loans/reminders.ts')).toEqual(['no-restricted-properties']);
    expect(await environmentReads(source, 'src/main.ts')).toEqual(['no-restricted-properties']);
    expect(await environmentReads(source, 'src/platform/config/reminders.ts')).toEqual([]);
  });
});

describe('Each folder of src/features with a module', () => {
  const folders = new Set(globSync('src/features/**/*.module.ts', { cwd: root }).map(dirname));

  it.each([...folders].sort())('has an index.ts: %s', (folder) => {
    expect(existsSync(join(root, folder, 'index.ts'))).toBe(true);
  });
});

describe('Each *.cases.ts of test', () => {
  const imports = globSync('test/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/ '(\.[^']+\.cases\.ts)'/g)].map(([, name = '']) => ({
      file,
      part: join(dirname(file), name),
    })),
  );

  it.each(globSync('test/**/*.cases.ts', { cwd: root }).sort())('is run by one *.e2e-spec.ts: %s', (part) => {
    const files = imports.filter((one) => one.part === part).map(({ file }) => file);

    expect(files).toEqual([expect.stringMatching(/\.e2e-spec\.ts$/)]);
  });
});

const Report = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});

/** The violations that dependency-cruiser reports for src and admin/src of a folder, with the rules of the project. */
async function violations(folder: string): Promise<string[]> {
  const script = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const report = await output([script, '--config', config, '--output-type', 'json', 'src', 'admin/src'], folder);
  const { summary } = Report.parse(JSON.parse(report));
  return summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`).sort();
}

async function output(args: string[], cwd: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr, { cause: error }));
      else resolve(stdout);
    });
  });
}

/** The ESLint rules of the project that a file with this name and text violates. */
async function environmentReads(text: string, filePath: string): Promise<(string | null)[]> {
  const eslint = new ESLint({
    cwd: root,
    ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-properties',
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  });
  const [result] = await eslint.lintText(text, { filePath });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}
