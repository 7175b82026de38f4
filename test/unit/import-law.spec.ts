import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const planted = join(root, 'test/fixtures/import-law');

describe('The import law', () => {
  it('finds each of the six violations planted in a small program, and nothing else', async () => {
    expect(await violations(planted)).toEqual([
      'bullmq-redis-and-env-stay-home: src/features/loans/reminders.ts',
      'controllers-do-not-query: src/features/books/books.controller.ts',
      'features-meet-through-services: src/features/books/overdue.ts',
      'http-and-queue-never-meet: src/http/http-and-queue.ts',
      'services-do-not-know-http: src/features/books/books.service.ts',
      'sql-lives-in-repositories: src/features/loans/loans.service.ts',
    ]);
  });

  it('is kept by src', async () => {
    expect(await violations(root)).toEqual([]);
  });

  it('sees process.env everywhere but in config', async () => {
    const source = readFileSync(join(planted, 'src/features/loans/reminders.ts'), 'utf8');

    expect(await environmentReads(source, 'src/features/loans/reminders.ts')).toEqual(['no-restricted-properties']);
    expect(await environmentReads(source, 'src/main.ts')).toEqual(['no-restricted-properties']);
    expect(await environmentReads(source, 'src/config/reminders.ts')).toEqual([]);
  });
});

const Report = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});

/** What dependency-cruiser says about the src of a folder, under the project's own rules. */
async function violations(folder: string): Promise<string[]> {
  const script = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const report = await output([script, '--config', config, '--output-type', 'json', 'src'], folder);
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

/** The rules of the project's own lint that a text breaks when it reads the environment, as a file of this name. */
async function environmentReads(text: string, filePath: string): Promise<(string | null)[]> {
  const eslint = new ESLint({
    cwd: root,
    ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-properties',
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  });
  const [result] = await eslint.lintText(text, { filePath });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}
