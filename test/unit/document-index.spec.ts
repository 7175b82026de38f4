import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '../../docs');

describe('docs/README.md', () => {
  it('links to every page', () => {
    const links = [...readFileSync(join(docs, 'README.md'), 'utf8').matchAll(/\]\(([^)#\s]+)/g)].map(
      ([, link]) => link,
    );
    const pages = globSync('{adr,checklists,guides,operations,reference}/*.md', { cwd: docs });

    expect(pages.filter((page) => !links.includes(page))).toEqual([]);
    expect(pages.length).toBeGreaterThan(40);
  });
});
