import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { problemCatalogue } from '../../src/platform/http/problem/problem-kind.ts';
import { root } from '../harness/process/service-process.ts';

type Row = readonly string[];

const file = 'docs/reference/errors.md';
const heads = ['Slug', 'Status', 'Title', 'What it means', 'What to do'];

/** Printed by another process: in this one, other test files may have declared problems. */
const printCatalogue = `
  await import('./dist/app.module.js');
  const { problemCatalogue } = await import('./dist/platform/http/problem/problem-kind.js');
  console.log(JSON.stringify(problemCatalogue()));`;

function expectedRows(): Row[] {
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', printCatalogue], { cwd: root });
  return (JSON.parse(String(printed)) as ReturnType<typeof problemCatalogue>).map(
    ({ slug, status, title, description, resolution }) => {
      return [`\`${slug}\``, String(status), title, description, resolution].map((text) =>
        text.replaceAll('|', String.raw`\|`),
      );
    },
  );
}

/** The rows of the table on the page, without padding. */
function rowsOf(page: string): Row[] {
  const lines = page.split('\n').filter((line) => line.startsWith('|'));
  const cells = lines.map((line) => line.slice(1, -1).split(/(?<!\\)\|/));
  return cells
    .filter((row) => !row.every((cell) => /^[ :-]+$/.test(cell)))
    .map((row) => row.map((cell) => cell.trim()));
}

function table(rows: readonly Row[]): string {
  const line = (row: Row): string => `| ${row.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

describe(file, () => {
  it('lists exactly the problems of the catalogue', () => {
    const expected = expectedRows();
    const [written = [], ...rows] = rowsOf(fs.readFileSync(join(root, file), 'utf8'));

    if (JSON.stringify([written, ...rows]) !== JSON.stringify([heads, ...expected])) {
      throw new Error(`The table of ${file} must be:\n\n${table(expected)}\n\nThen: npm run format`);
    }
    expect(rows.length).toBeGreaterThan(20);
  });
});
