// Writes the table of problem types into docs/reference/errors.md. `npm run format` aligns its columns.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '../app.module.ts';
import { problemCatalogue } from '../platform/http/problem/problem-kind.ts';

const file = 'docs/reference/errors.md';
const path = join(import.meta.dirname, '../..', file);
const heads = ['Slug', 'Status', 'Title', 'What it means', 'What to do'];
const rows = problemCatalogue().map(({ slug, status, title, description, resolution }) =>
  [`\`${slug}\``, String(status), title, description, resolution].map((text) => text.replaceAll('|', String.raw`\|`)),
);
const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
const page = readFileSync(path, 'utf8').split('\n');
const first = page.findIndex((line) => line.startsWith('|'));
const last = page.findLastIndex((line) => line.startsWith('|'));
writeFileSync(path, [...page.slice(0, first), ...lines, ...page.slice(last + 1)].join('\n'));
console.log(`Wrote ${file}`);
