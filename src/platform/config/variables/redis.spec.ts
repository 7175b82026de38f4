import { describe, expect, it } from '@jest/globals';
import { configErrorOf, errorsOf } from '../../../../test/harness/app/config.ts';
import { parseConfig } from '../config.ts';

describe('REDIS_URL', () => {
  it.each([
    'redis://redis.example.com',
    'redis://127.0.0.1:6379/15',
    'rediss://user:p%40ss@redis.example.com:6380',
    'redis://:password@[::1]:6379/0',
  ])('may be %s', (REDIS_URL) => {
    expect(parseConfig({ REDIS_URL }).redis).toEqual({ url: REDIS_URL, cacheUrl: REDIS_URL });
  });

  it.each(['redis.example.com:6379', 'http://redis.example.com', 'redis:///0', 'redis://a/name', 'redis://:%zz@a'])(
    'cannot be %s',
    (REDIS_URL) => {
      expect(errorsOf({ REDIS_URL })).toEqual([expect.stringMatching(/^REDIS_URL: must be a URL such as redis:\/\//)]);
    },
  );

  it('has no options of the client, which would change how it waits', () => {
    expect(errorsOf({ REDIS_URL: 'redis://a?enableOfflineQueue=true' })).toEqual([
      'REDIS_URL: must have neither a query nor a fragment',
    ]);
  });

  it('is not quoted in errors, because it contains the password', () => {
    expect(configErrorOf({ REDIS_URL: 'redis://u:hunter2@a/name' }).message).not.toContain('hunter2');
  });

  it('is optional, and REDIS_CACHE_URL may name another server', () => {
    const [url, cacheUrl] = ['redis://a', 'redis://b'];

    expect(parseConfig({}).redis).toEqual({ url: undefined, cacheUrl: undefined });
    expect(parseConfig({ REDIS_URL: url, REDIS_CACHE_URL: cacheUrl }).redis).toEqual({ url, cacheUrl });
    expect(parseConfig({ REDIS_CACHE_URL: cacheUrl }).redis).toEqual({ url: undefined, cacheUrl });
  });
});
