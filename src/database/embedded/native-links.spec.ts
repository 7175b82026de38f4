import { describe, expect, it } from '@jest/globals';
import { parseLinks } from './native-links.ts';

describe('the links of the package', () => {
  it('are pairs of neighbours', () => {
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' }];
    expect(parseLinks(JSON.stringify(links))).toEqual(links);
  });

  it.each([
    {},
    [1],
    [{ source: 'native/lib/a' }],
    [{ source: 'native/lib/a', target: 'native/bin/a' }],
    [{ source: 'native/lib/a', target: 'native/../../a' }],
  ])('are refused when they read %j', (broken) => {
    expect(() => parseLinks(JSON.stringify(broken))).toThrow('pg-symlinks.json');
  });
});
