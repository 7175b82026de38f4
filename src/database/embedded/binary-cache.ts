import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './system-error.ts';
import type { NativePackage } from './native-package.ts';
import { ensureOwnedFolder, requireOwned } from './owned-folder.ts';

const cache = '/var/cache/plinth';
const abandonedAfterMs = 3_600_000;

/**
 * A copy of the programs that everybody may run and only root may change. Made once per version, atomically.
 * @throws StartRefused when the folder in the cache is not root's own
 */
export function cachedCopy(native: NativePackage): string {
  ensureOwnedFolder(cache);
  const copy = join(cache, `postgres-${native.version}`);
  if (!existsSync(copy)) makeCopy(native.folder, copy);
  requireOwned(copy);
  return copy;
}

function makeCopy(from: string, to: string): void {
  removeAbandoned();
  const scratch = mkdtempSync(join(cache, 'unfinished-'));
  const tree = join(scratch, 'native');
  cpSync(from, tree, { recursive: true, verbatimSymlinks: true });
  openToAll(tree);
  try {
    renameSync(tree, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error; // another starter was quicker
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A clone made under a strict umask has files that only its owner may read. */
function openToAll(tree: string): void {
  chmodSync(tree, 0o755);
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const executable = entry.isDirectory() || (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, executable ? 0o755 : 0o644);
  }
}

function removeAbandoned(): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith('unfinished-'))) {
    const path = join(cache, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > abandonedAfterMs) rmSync(path, { recursive: true, force: true });
  }
}
