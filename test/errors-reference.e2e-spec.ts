import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import '../src/app.module.ts';
import { problemCatalogue } from '../src/http/problem/problem-kind.ts';
import { root } from './support/process.ts';

type Row = readonly string[];

const file = 'docs/reference/errors.md';
const heads = ['Slug', 'Status', 'Title', 'What it means', 'What to do'];

function expectedRows(): Row[] {
  return problemCatalogue().map(({ slug, status, title, meaning, remedy }) => {
    return [`\`${slug}\``, String(status), title, meaning, remedy].map((text) => text.replaceAll('|', String.raw`\|`));
  });
}

/** The rows of the page's one table, whatever its columns are padded with. */
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
