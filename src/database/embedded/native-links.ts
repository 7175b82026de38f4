import { dirname, normalize } from 'node:path';

/** One link of the package: `target` points to `source`, both relative to the package and in one folder. */
export interface NativeLink {
  readonly source: string;
  readonly target: string;
}

/**
 * Reads `pg-symlinks.json`.
 * @throws Error when an entry is no pair of neighbouring paths inside `native/`
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
