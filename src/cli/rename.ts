import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The names of a product. */
export interface Product {
  /** Package name, in lower case with hyphens: `acme-api`. */
  readonly name: string;
  /** Name that users read: `Acme API`. */
  readonly title: string;
}

/** The names that this tree has; renaming it renames them here too. */
export const currentProduct: Product = { name: 'plinth', title: 'Plinth' };

/** Build output, installed packages, data and history. */
const skippedFolders = new Set(['.git', '.data', 'coverage', 'dist', 'generated', 'node_modules']);
/** They name the template that the product is made from. */
const unchangedFiles = new Set(['CHANGELOG.md', 'LICENSE']);
/** Here a lone name is an SQL identifier, which takes no hyphen. */
const databaseFolders =
  /^(?:prisma|docs\/operations(?!\/(?:containers|go-to-production)\.md)|(?:src|test)\/(?:platform|harness)\/(?:database|dev-postgres))\//;
/** PostgreSQL limits identifiers to 63 bytes, and the longest suffix takes half of them. */
const maxNameLength = 30;

const usage = 'Usage: npm run rename -- acme-api "Acme API"';

if (import.meta.main) {
  try {
    const [name = '', title = ''] = process.argv.slice(2);
    const changed = renameProduct(join(import.meta.dirname, '../..'), { name, title });
    console.log(`Renamed ${currentProduct.title} to ${title} in ${changed.length} files.`);
    console.log('docs/guides/rename.md lists the next steps.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/**
 * Replaces every spelling of the current product's names below a folder, in texts. Returns the changed paths.
 * @throws Error when a name cannot be used as package name, SQL identifier and sender of emails
 */
export function renameProduct(folder: string, product: Product): string[] {
  assertUsable(product);
  return files(folder).filter((path) => {
    const content = readFileSync(join(folder, path));
    if (content.includes(0)) return false;
    const text = content.toString('utf8');
    const renamed = renameText(text, path, product);
    if (renamed === text) return false;
    writeFileSync(join(folder, path), renamed);
    return true;
  });
}

/** Returns the text of a file with the names of the product in place of the current ones. */
export function renameText(text: string, path: string, product: Product): string {
  const current = spellings(currentProduct);
  const target = spellings(product);
  const patterns = [...new Set(Object.values(current))].sort((a, b) => b.length - a.length);
  return text.replace(new RegExp(patterns.join('|'), 'g'), (match, offset: number) => {
    const before = text.slice(text.lastIndexOf('\n', offset) + 1, offset);
    const after = text.slice(offset + match.length, offset + match.length + 20);
    if (match === current.constant) return target.constant;
    if (match === current.title || match === current.pascal) {
      return isIdentifier(before, after) || match !== current.title ? target.pascal : target.title;
    }
    if (current.kebab === current.snake) return target[lowerCaseSpelling(before, after, path)];
    if (match === current.kebab) return target.kebab;
    return match === current.snake ? target.snake : target.camel;
  });
}

type LowerCaseSpelling = 'camel' | 'kebab' | 'snake';

/** Decides by the text before and after it how a name of one word is spelled. */
function lowerCaseSpelling(before: string, after: string, path: string): LowerCaseSpelling {
  if (/^[A-Z]/.test(after)) return 'camel';
  if (before.endsWith('_') || after.startsWith('_')) return 'snake';
  if (before.endsWith('-') && !/\s-$/.test(before)) return 'kebab';
  if (after.startsWith('-')) return 'kebab';
  if (/postgres(?:ql)?:\/\/\S*$/.test(before)) return 'snake';
  // File names and host names, whose dots may be escaped.
  if (/^\\?[.](?:lock|ts|dev|example)\b/.test(after) || /\/var\/(?:cache|lib)\/$/.test(before.replaceAll('\\', ''))) {
    return 'kebab';
  }
  // Settings of PostgreSQL, and properties of objects in code.
  if (/^[.][a-z]/.test(after) || before.endsWith('.')) return 'snake';
  if (after.startsWith(':') && /(?:^|[{,])\s*$/.test(before)) return 'snake';
  if (/(?:DATABASE |ROLE |OWNER |POSTGRES_(?:USER|DB): |--(?:username|dbname)=)$/.test(before)) return 'snake';
  return databaseFolders.test(path) ? 'snake' : 'kebab';
}

function isIdentifier(before: string, after: string): boolean {
  return /[A-Za-z0-9]$/.test(before) || /^[A-Za-z0-9]/.test(after);
}

type Spellings = Readonly<Record<LowerCaseSpelling | 'constant' | 'pascal' | 'title', string>>;

function spellings({ name, title }: Product): Spellings {
  const words = name.split('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return {
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    constant: name.toUpperCase().replaceAll('-', '_'),
    kebab: name,
    pascal,
    snake: name.replaceAll('-', '_'),
    title,
  };
}

function assertUsable({ name, title }: Product): void {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > maxNameLength) {
    throw new Error(`The name has lower-case letters, digits and hyphens, ${maxNameLength} at most. ${usage}`);
  }
  if (!/^[A-Za-z][A-Za-z0-9 -]{0,38}[A-Za-z0-9]$/.test(title)) {
    throw new Error(`The title has letters, digits, spaces and hyphens, 40 at most. ${usage}`);
  }
}

function files(folder: string, below = folder): string[] {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : files(folder, path);
    const own = relative(folder, path);
    return entry.isFile() && !unchangedFiles.has(own) ? [own] : [];
  });
}
