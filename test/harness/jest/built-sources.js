import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

const root = new URL('../../../', import.meta.url);
const sources = new URL('src/', root).href;
const built = new URL('dist/', root).href;
let isBuilt;

/**
 * The URL of the module in dist/ that a module of src was built into, which needs no transformation; undefined when there is
 * none, or when a source has changed since the build.
 */
export function builtModule(url) {
  if (!url.startsWith(sources) || url.endsWith('.spec.ts')) return undefined;
  isBuilt ??= isUpToDate();
  if (!isBuilt) return undefined;
  const target = url.replace(sources, built).replace(/\.ts$/, '.js');
  return existsSync(new URL(target)) ? target : undefined;
}

/** Whether all sources are as build.mjs has recorded them: path, size and time of change, a line each. */
function isUpToDate() {
  const stamp = fileURLToPath(new URL('.stamp', built));
  if (!existsSync(stamp)) return false;
  return readFileSync(stamp, 'utf8')
    .split('\n')
    .every((line) => {
      const [path, size, changedAt] = line.split(' ');
      const stats = statSync(new URL(path, root), { throwIfNoEntry: false });
      return stats !== undefined && String(stats.size) === size && String(stats.mtimeMs) === changedAt;
    });
}
