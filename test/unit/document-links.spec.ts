import { describe, expect, it } from '@jest/globals';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const pages = globSync('{*.md,{bench,client,docs,test}/**/*.md}', {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
});

/** The links to files of the repository, without fragments. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

describe('The documentation', () => {
  it('links to files that exist', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );

    expect(broken).toEqual([]);
    expect(pages.length).toBeGreaterThan(40);
  });

  it('has every page in docs/README.md', () => {
    const listed = linksOf('docs/README.md');
    const own = pages.filter((page) => /^docs\/(guides|operations|reference|checklists)\/|^docs\/adr\//.test(page));

    expect(own.filter((page) => !listed.includes(page.slice('docs/'.length)))).toEqual([]);
  });
});
