import { z } from 'zod';
import type { Variable } from './values.ts';

export interface RedisConfig {
  /** Undefined: the processes share PostgreSQL only. */
  readonly url: string | undefined;
  /** By default the same as `url`; a server of its own may evict values. */
  readonly cacheUrl: string | undefined;
}

/** Redis clients read options from the query of a URL: it is rejected, so that none changes how the service waits. */
const redisUrl = z
  .string()
  .refine(isRedisUrl, 'must be a URL such as redis://user:password@host:6379/0, or rediss:// with TLS')
  .refine((value) => !isRedisUrl(value) || !/[?#]/.test(value), 'must have neither a query nor a fragment');

function isRedisUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(value);
  if (!/^rediss?:$/.test(protocol) || hostname === '' || !/^\/?(\d{1,5})?$/.test(pathname)) return false;
  return [username, password].every(isDecodable);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const redisVariables = {
  REDIS_URL: {
    section: 'Redis',
    description:
      'URL of a Redis 7 or Valkey that the processes share: redis://user:password@host:6379/0, or rediss:// with TLS. ' +
      'Its maxmemory-policy must be noeviction. Without it each process counts requests on its own ' +
      '(docs/operations/redis.md).',
    schema: redisUrl,
    secret: true,
  },
  REDIS_CACHE_URL: {
    section: 'Redis',
    description: 'Another server for cached values, which may evict them. Default: REDIS_URL.',
    schema: redisUrl,
    secret: true,
  },
} satisfies Record<string, Variable>;

type Parsed = {
  readonly [Name in keyof typeof redisVariables]: z.output<(typeof redisVariables)[Name]['schema']> | undefined;
};

export function redisConfig(parsed: Parsed): RedisConfig {
  return { url: parsed.REDIS_URL, cacheUrl: parsed.REDIS_CACHE_URL ?? parsed.REDIS_URL };
}
