import { describe, expect, it } from '@jest/globals';
import { parseAccessInvalidation } from './access-invalidation.ts';

describe('parseAccessInvalidation', () => {
  it.each(['sessionId', 'userId', 'kid', 'cacheEntry'])('returns the change of a %s that a trigger sent', (name) => {
    const payload = { sessionId: null, userId: null, kid: null, cacheEntry: null, [name]: 'a' };

    expect(parseAccessInvalidation(JSON.stringify(payload))).toEqual({ [name]: 'a' });
  });

  it.each([
    '',
    'oops',
    'null',
    '1',
    '"a"',
    '[]',
    '{}',
    '{"kid":1}',
    '{"kid":null}',
    '{"kid":{}}',
    '{"kid":"a","userId":"b"}',
  ])('returns undefined for %j', (payload) => {
    expect(parseAccessInvalidation(payload)).toBeUndefined();
  });
});
