// Deletes from node_modules of a production tree what a running service never loads: source maps, type declarations,
// documentation, and Prisma's query compilers of other databases. Licences stay. Usage: node prune-production.mjs <folder>
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
if (folder === undefined) throw new Error('Usage: node prune-production.mjs <folder of the production tree>');
const modules = join(folder, 'node_modules');
/** The compiler and the form of it (ESM) that the generated client imports; see src/platform/database/generated. */
const usedCompiler = /^query_compiler_small_bg\.postgresql(\.wasm-base64)?\.mjs$/;
const unused = [
  (path) => /\.(map|d\.[cm]?ts|tsbuildinfo)$/.test(path),
  (path) => /\.(md|markdown)$/i.test(path) && !/licen[cs]e|notice|copying/i.test(path),
  (path) => /\/@types\/[^/]+\//.test(path) && !path.endsWith('package.json'),
  (path) => {
    const [, file] = /\/@prisma\/client\/runtime\/(query_compiler_[^/]+)$/.exec(path) ?? [];
    return file !== undefined && !usedCompiler.test(file);
  },
];

const files = readdirSync(modules, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const { version } = JSON.parse(readFileSync(join(modules, '@prisma/client/package.json'), 'utf8'));
if (!files.some((path) => usedCompiler.test(path.split('/').at(-1))))
  throw new Error(`Prisma ${version} has no ${usedCompiler}: adapt prune-production.mjs to the generated client.`);

let bytes = 0;
let count = 0;
for (const path of files.filter((file) => unused.some((isUnused) => isUnused(file)))) {
  bytes += statSync(path).size;
  count += 1;
  rmSync(path);
}
console.log(`Deleted ${count} files, ${Math.round(bytes / 2 ** 20)} MiB.`);
