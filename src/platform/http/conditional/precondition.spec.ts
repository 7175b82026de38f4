import { describe, expect, it } from '@jest/globals';
import { PreconditionRequired } from '../problem/precondition.errors.ts';
import { etagSuffix } from './entity-tag.ts';
import { Precondition } from './precondition.ts';

describe('Precondition', () => {
  it.each([undefined, '', '  '])('throws PreconditionRequired for %j', (header) => {
    expect(() => new Precondition(header).versions()).toThrow(PreconditionRequired);
  });

  it.each([
    ['*', 'any'],
    [' * ', 'any'],
    ['"3"', [3]],
    ['"3", "12"', [3, 12]],
    ['"3-0a1b2c3d"', []],
    ['"3-0a1b"', []],
    ['W/"3"', [3]],
    ['W/"3", "4"', [3, 4]],
    ['"3-gzip"', [3]],
    ['W/"3-br", "4--gzip", "5-zstd", "6-deflate"', [3, 4, 5, 6]],
    ['"3-gzip-gzip"', []],
    ['"3-identity"', []],
    ['"gzip"', []],
    ['W/"3-0a1b2c3d"', []],
    ['W/*', []],
    ['3', []],
    ['"03"', []],
    ['"1e1"', []],
    ['"-1"', []],
    ['"99999999999"', []],
    ['"3', []],
    ['"*"', []],
    ['"3","12"', [3, 12]],
    [' "3" , , "12" ,', [3, 12]],
    ['"3,4"', []],
    ['w/"3"', []],
    ['"3" "12"', []],
    ['"3"x', []],
    ['x"3"', []],
    ['*, "3"', []],
  ])('parses %s', (header, versions) => {
    expect(new Precondition(header).versions()).toEqual(versions);
  });

  it('requires the hash of the other data to match', () => {
    const of = (header: string, ...beside: string[]): unknown => new Precondition(header).versions(beside);
    const tag = `"3${etagSuffix(['users:read'])}"`;

    expect(of(tag, 'users:read')).toEqual([3]);
    expect(of(`W/${tag}`, 'users:read')).toEqual([3]);
    expect(of(tag.replace(/"$/, '-gzip"'), 'users:read')).toEqual([3]);
    expect(of(`W/${tag}`, 'users:write')).toEqual([]);
    expect(of(tag, 'users:write')).toEqual([]);
    expect(of(tag)).toEqual([]);
    expect(of('"3"', 'users:read')).toEqual([]);
  });
});
