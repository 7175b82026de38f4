import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../dist/admin');
const assets = join(folder, 'assets');
const files = fs.readdirSync(assets);
const page = fs.readFileSync(join(folder, 'index.html'), 'utf8');

/** The bytes that a browser receives of these files. */
function compressedSize(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + fs.statSync(join(assets, `${name}.gz`)).size, 0);
}

const uncompressed = files.filter((name) => !name.endsWith('.gz'));

describe('The built admin console', () => {
  it('needs at most 350 kB before the first screen', () => {
    const first = uncompressed.filter((name) => page.includes(`./assets/${name}"`));

    expect(first.length).toBeGreaterThan(0);
    expect(compressedSize(first)).toBeLessThanOrEqual(350_000);
  });

  it('has at most 700 kB in all', () => {
    expect(compressedSize(uncompressed)).toBeLessThanOrEqual(700_000);
  });

  it('has a compressed copy of every file, named by its content', () => {
    expect(files.filter((name) => name.endsWith('.gz')).sort()).toEqual(
      uncompressed.map((name) => `${name}.gz`).sort(),
    );
    expect(uncompressed.filter((name) => !/-[\w-]{8}\.(js|css)$/.test(name))).toEqual([]);
  });

  it('loads each screen when it is shown', () => {
    expect(uncompressed.filter((name) => name.startsWith('user-'))).not.toEqual([]);
  });

  it('names no other origin to load from', () => {
    const loads = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url);

    expect(loads.filter((url) => !/^(\.\/assets\/|data:,$)/.test(url ?? ''))).toEqual([]);
  });
});
