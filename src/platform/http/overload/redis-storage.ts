import { createHash } from 'node:crypto';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type { RedisConnection, RedisScript } from '../../redis/redis-connection.ts';

const text = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { hits, left }`;

/** Adds a hit by the clock of the server; every key expires with its window. */
const addHit: RedisScript = { text, sha: createHash('sha1').update(text).digest('hex') };

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counts the hits of a window for all processes. A window begins with its first hit. */
export class RedisThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly redis: RedisConnection) {}

  /**
   * Adds a hit. `ttl` is the window in milliseconds; the returned times are seconds.
   * @throws RedisUnavailable at once while there is no connection, and errors of ioredis
   */
  async increment(key: string, ttl: number, limit: number): Promise<StorageRecord> {
    const reply = await this.redis.run(addHit, [`rate-limit:${key}`], [ttl]);
    const [hits, leftMs] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
    if (typeof hits !== 'number' || typeof leftMs !== 'number') throw new Error('Redis returned no count');
    const remaining = Math.ceil(leftMs / 1000);
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: remaining, isBlocked, timeToBlockExpire: isBlocked ? remaining : 0 };
  }
}
