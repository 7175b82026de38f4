import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The words of docs/banned-words.txt. */
export interface WordList {
  readonly banned: readonly BannedWord[];
  readonly allowed: readonly AllowedPhrase[];
}

interface BannedWord {
  readonly pattern: RegExp;
  readonly replacement: string;
}

interface AllowedPhrase {
  readonly pattern: RegExp;
  /** The only file in which the phrase is allowed; undefined allows it everywhere. */
  readonly file: string | undefined;
}

const root = join(import.meta.dirname, '../..');
const listFile = 'docs/banned-words.txt';
const checked = [
  ...['src', 'test', 'docs', 'client', 'admin', 'graphiql', 'bench', 'docker', 'templates', '.github'],
  ...['prisma/schema.prisma', '.env.example', 'help.mjs', 'build.mjs'],
];
/** Generated from the schema, installed, or written by the generators that test:clients runs. */
const skippedFolders = [
  'src/platform/database/generated',
  'test/clients/node_modules',
  'test/clients/generated',
  'test/containers/node_modules',
  'test/pm2/node_modules',
];
const text =
  /(?:[.](?:tsx?|js|mjs|cjs|json|jsonc|md|yaml|yml|prisma|txt|html|css)|Dockerfile|CODEOWNERS|[.]env[.]example)$/;
/** Between two words of a phrase: a line break may be followed by the mark of a comment. */
const gap = String.raw`\s+(?:(?:\*|//+|#)\s+)?`;

if (import.meta.main) {
  const list = parseWordList(readFileSync(join(root, listFile), 'utf8'));
  const found = filesToCheck().flatMap((file) => findBannedWords(file, readFileSync(join(root, file), 'utf8'), list));
  for (const finding of found) console.error(finding);
  if (found.length > 0) {
    console.error(`\n${found.length} banned words. ${listFile} has the list, docs/STYLE.md the reasons.`);
    process.exitCode = 1;
  }
}

/** Reads the format that the head of docs/banned-words.txt describes. Throws for a line that is neither of both. */
export function parseWordList(content: string): WordList {
  const banned: BannedWord[] = [];
  const allowed: AllowedPhrase[] = [];
  for (const line of content.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [, words, replacement] = /^(.+?)\s+=\s+(.+)$/.exec(line) ?? [];
    const [, file, phrase] = /^allow\s+(?:(\S+[/.]\S+)\s+)?(.+)$/.exec(line) ?? [];
    if (words !== undefined && replacement !== undefined) {
      banned.push(...words.split(',').map((word) => ({ pattern: phrasePattern(word.trim()), replacement })));
    } else if (phrase !== undefined) {
      allowed.push({ pattern: phrasePattern(phrase), file });
    } else {
      throw new Error(`${listFile}: cannot read the line "${line}".`);
    }
  }
  return { banned, allowed };
}

/** Returns one line for each banned word of a file: `path:line: "word" (write …)`. */
export function findBannedWords(file: string, content: string, { banned, allowed }: WordList): string[] {
  let words = splitIdentifiers(content);
  for (const { pattern } of allowed.filter((phrase) => phrase.file === undefined || phrase.file === file)) {
    words = words.replace(pattern, (match) => match.replace(/\S/g, ' '));
  }
  return banned
    .flatMap(({ pattern, replacement }) =>
      [...words.matchAll(pattern)].map((match) => ({
        line: words.slice(0, match.index).split('\n').length,
        message: `"${match[0].replace(/\s+/g, ' ')}" (write: ${replacement})`,
      })),
    )
    .sort((a, b) => a.line - b.line)
    .map(({ line, message }) => `${file}:${line}: ${message}`);
}

function phrasePattern(phrase: string): RegExp {
  const words = phrase.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(String.raw`(?<![\p{L}\d])${words.join(gap)}(?![\p{L}\d])`, 'giu');
}

/** Separates the words of identifiers by spaces, and keeps line breaks where they are. */
function splitIdentifiers(content: string): string {
  return content.replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').replaceAll('_', ' ');
}

function filesToCheck(): string[] {
  const pages = readdirSync(root).filter((name) => name.endsWith('.md'));
  return [...pages, ...checked.flatMap(filesBelow)].filter((file) => text.test(file) && file !== listFile);
}

function filesBelow(path: string): string[] {
  if (skippedFolders.includes(path)) return [];
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    const child = relative(root, join(root, path, entry.name));
    return entry.isDirectory() ? filesBelow(child) : [child];
  });
}
