import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findBannedWords, parseWordList } from '../../src/cli/check-words.ts';

const root = join(import.meta.dirname, '../..');
const list = parseWordList(readFileSync(join(root, 'docs/banned-words.txt'), 'utf8'));

// In parts, so that this file passes the check itself.
const word = ['no', 'body'].join('');
const phrase = ['can', 'not'];

/** What the check reports of a file with this content. */
function findings(content: string, file = 'src/planted.ts'): string[] {
  return findBannedWords(file, content, list);
}

describe('npm run check:words', () => {
  it('reports a banned word with its file, line and replacement', () => {
    expect(findings(`const a = 1;\n// ${word} reads this`)).toEqual([
      `src/planted.ts:2: "${word}" (write: no user, no client)`,
    ]);
  });

  it.each([
    ['a camelCase identifier', `sessionsOf${word[0]?.toUpperCase()}${word.slice(1)}`],
    ['a snake_case identifier', `sessions_of_${word}`],
    ['capitals', word.toUpperCase()],
    ['a hyphenated name', `of-${word}-else`],
    ['a phrase', phrase.join(' ')],
    ['a phrase that a line comment breaks', phrase.join('\n  // ')],
    ['a phrase that a doc comment breaks', phrase.join('\n   * ')],
  ])('finds a banned word in %s', (_, content) => {
    expect(findings(content)).toHaveLength(1);
  });

  it.each(['keepAlive', 'keep-alive', `${word}x`, 'cannot', 'email'])('accepts %s', (content) => {
    expect(findings(content)).toEqual([]);
  });

  it('accepts an allowed phrase in its file only', () => {
    const own = parseWordList(`${word} = no user\nallow src/server-user.ts the user ${word}`);
    const content = `runs as the user ${word}`;

    expect(findBannedWords('src/server-user.ts', content, own)).toEqual([]);
    expect(findBannedWords('src/other.ts', content, own)).toHaveLength(1);
  });

  it('refuses a list with a line that it cannot read', () => {
    expect(() => parseWordList('a word without its replacement')).toThrow('cannot read the line');
  });
});

describe('The glossary', () => {
  const glossary = readFileSync(join(root, 'docs/GLOSSARY.md'), 'utf8');
  const [table = ''] = glossary.split('\n## ');
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:Term|---)/.test(line));

  it('names an existing file for each term', () => {
    const files = rows.map((row) => /\]\(([^)]+)\)\s+\|$/.exec(row.trimEnd())?.[1] ?? `none: ${row}`);

    expect(files.filter((file) => !existsSync(join(root, dirname('docs/GLOSSARY.md'), file)))).toEqual([]);
  });

  it.each([
    'rate limiter',
    'admission control, load shedding',
    'credential verification',
    'account lockout',
    'session revocation',
    'refresh token reuse',
    'one-time token',
    'outbox relay',
    'job executor',
    'lease',
    'rescuer',
    'idempotency record',
    'stored response',
    'cache invalidation',
    'graceful shutdown',
    'soft delete',
    'retention',
    'signing-key rotation',
  ])('has the term "%s"', (term) => {
    expect(rows.map((row) => row.split('|')[1]?.trim())).toContain(term);
  });

  it('is in alphabetical order', () => {
    const terms = rows.map((row) => row.split('|')[1]?.trim() ?? '');

    expect(terms).toEqual(terms.toSorted((a, b) => a.localeCompare(b, 'en')));
  });
});

describe('ARCHITECTURE.md', () => {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

  it('names existing files of src', () => {
    const paths = [...page.matchAll(/`((?:src|features|platform|cli)\/[\w./-]*)`/g)].map(([, path = '']) => path);

    expect(paths.filter((path) => ![path, join('src', path)].some((file) => existsSync(join(root, file))))).toEqual([]);
    expect(paths.length).toBeGreaterThan(30);
  });

  it('names existing methods', () => {
    const sources = globSync('src/**/*.ts', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'));
    const methods = [...page.matchAll(/`([A-Z]\w+)[.]([a-z]\w+)/g)].map(([, owner = '', name = '']) => ({
      owner,
      name,
    }));
    const missing = methods.filter(({ owner, name }) => {
      const declared = new RegExp(String.raw`\b(?:class|const) ${owner}\b[^]*^ +[^*/]*\b${name}\(`, 'm');
      return !sources.some((source) => declared.test(source));
    });

    expect(missing).toEqual([]);
    expect(methods.length).toBeGreaterThan(3);
  });
});
