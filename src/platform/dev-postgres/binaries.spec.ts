import { describe, expect, it } from '@jest/globals';
import { parseLinks } from './binaries.ts';

describe('the links of the package', () => {
  it('are pairs of paths in one folder', () => {
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' }];
    expect(parseLinks(JSON.stringify(links))).toEqual(links);
  });

  it.each([
    {},
    [1],
    [{ source: 'native/lib/a' }],
    [{ source: 'native/lib/a', target: 'native/bin/a' }],
    [{ source: 'native/lib/a', target: 'native/../../a' }],
  ])('are rejected when they are %j', (broken) => {
    expect(() => parseLinks(JSON.stringify(broken))).toThrow('pg-symlinks.json');
  });
});
