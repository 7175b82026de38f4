import { afterEach, describe, expect, it } from '@jest/globals';
import { createApp } from '../../../src/app.setup.ts';
import { verifyEvictionPolicy } from '../../../src/platform/redis/eviction-policy.ts';
import { RedisConnection } from '../../../src/platform/redis/redis-connection.ts';
import { SharedRedis } from '../../../src/platform/redis/shared-redis.ts';
import { testConfig } from '../../harness/app/app.ts';
import { createDatabase } from '../../harness/database/database.ts';
import type { ApiResponse } from '../../harness/http/api.ts';
import { Api } from '../../harness/http/api.ts';
import { readyz } from '../../harness/http/readyz.ts';
import { onTeardown } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';

const limit = 5;
const redis = await RedisServer.start();
const database = await createDatabase();
onTeardown(async () => {
  await redis.stop();
});
onTeardown(async () => {
  await database.drop();
});

const instances = [await startInstance(), await startInstance()] as const;
const [first, second] = instances;
let counter = 0;

interface Instance {
  readonly api: Api;
  readonly redis: SharedRedis;
}

async function startInstance(): Promise<Instance> {
  const config = testConfig({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    RATE_LIMIT_REQUESTS: String(limit),
    RATE_LIMIT_WINDOW_SECONDS: '3600',
    TRUSTED_PROXY_HOPS: '1',
  });
  const app = await createApp(config);
  await app.listen(0, '127.0.0.1');
  onTeardown(async () => {
    await app.close();
  });
  return { api: new Api(await app.getUrl()), redis: app.get(SharedRedis) };
}

/** Waits until both instances use Redis again. */
async function reconnected(): Promise<void> {
  await waitUntil('both instances use Redis', () => instances.every((each) => each.redis.connection?.isAvailable));
}

afterEach(reconnected);

/** An IP address that was not counted yet. */
function newAddress(): Record<string, string> {
  counter += 1;
  return { 'X-Forwarded-For': `198.51.100.${counter}` };
}

async function send(times: number, { api }: Instance, from: Record<string, string>): Promise<ApiResponse[]> {
  return await Promise.all(Array.from({ length: times }, async () => await api.get('/problems', from)));
}

function statuses(responses: readonly ApiResponse[]): number[] {
  return responses.map(({ status }) => status).sort();
}

describe('verifyEvictionPolicy', () => {
  const inProduction = { environment: 'production' } as const;

  async function withConnection(url: string, use: (connection: RedisConnection) => Promise<void>): Promise<void> {
    const connection = new RedisConnection(url, 'test');
    await connection.open();
    await use(connection);
    await connection.close();
  }

  it('rejects an eviction policy in production only', async () => {
    await redis.run(async (client) => await client.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    try {
      await withConnection(redis.url, async (connection) => {
        await expect(verifyEvictionPolicy(connection, inProduction)).rejects.toThrow(
          'The maxmemory-policy of REDIS_URL is allkeys-lru and must be noeviction: docs/operations/redis.md',
        );
        await verifyEvictionPolicy(connection, { environment: 'development' });
      });
    } finally {
      await redis.run(async (client) => await client.config('SET', 'maxmemory-policy', 'noeviction'));
    }
  });

  it('accepts noeviction, a server that does not reveal its policy, and one that does not respond', async () => {
    await redis.run(async (client) => await client.acl('SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-info'));
    const limited = redis.url.replace('//', '//limited:secret@');

    await withConnection(redis.url, async (connection) => {
      await verifyEvictionPolicy(connection, inProduction);
    });
    await withConnection(limited, async (connection) => {
      expect(connection.isAvailable).toBe(true);
      await verifyEvictionPolicy(connection, inProduction);
    });
    await withConnection('redis://127.0.0.1:1', async (connection) => {
      await verifyEvictionPolicy(connection, inProduction);
    });
  });
});

describe('Rate limits with Redis', () => {
  it('are one count for all instances, with the headers of the limit in memory', async () => {
    const from = newAddress();

    const responses = [...(await send(3, first, from)), ...(await send(3, second, from))];

    expect(statuses(responses)).toEqual([200, 200, 200, 200, 200, 429]);
    const remaining = responses.map(({ headers }) => headers['ratelimit']).sort();
    expect(remaining).toEqual(
      [0, 0, 1, 2, 3, 4].map((left) => expect.stringMatching(RegExp(`^"default";r=${left};t=3(600|59\\d)$`))),
    );
    const rejected = responses.find(({ status }) => status === 429);
    expect(rejected).toBeProblem('too-many-requests', 429);
    expect(rejected?.headers).toMatchObject({
      'ratelimit-policy': `"default";q=${limit};w=3600`,
      'retry-after': expect.stringMatching(/^3(600|59\d)$/),
    });
  });

  it('expire with their window', async () => {
    await send(2, first, newAddress());

    const expiries = await redis.run(async (client) => {
      const keys = await client.keys('rate-limit:*');
      return await Promise.all(keys.map(async (key) => await client.pttl(key)));
    });

    expect(expiries.length).toBeGreaterThan(0);
    for (const leftMs of expiries) {
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(3_600_000);
    }
  });

  it('start again after all data and scripts of Redis were deleted', async () => {
    const from = newAddress();
    await send(limit, first, from);

    await redis.flush();

    expect(statuses(await send(limit + 1, second, from))).toEqual([200, 200, 200, 200, 200, 429]);
  });

  it('are counted by each instance while Redis is stopped, without a failed request', async () => {
    const from = newAddress();
    const sent = send(3, first, from);
    await redis.stop();
    await sent;
    await waitUntil('the loss is noticed', () => instances.every((each) => !each.redis.connection?.isAvailable));
    const stopped = newAddress();

    const responses = [await send(limit + 1, first, stopped), await send(limit + 1, second, stopped)];
    await redis.startAgain();
    await reconnected();
    const after = [...(await send(3, first, stopped)), ...(await send(3, second, stopped))];

    expect(statuses(await sent)).toEqual([200, 200, 200]);
    for (const each of responses) expect(statuses(each)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(statuses(after)).toEqual([200, 200, 200, 200, 200, 429]);
  });

  it('wait for a suspended Redis once, not in each request', async () => {
    const resume = redis.suspend();
    try {
      const responses = await send(3, first, newAddress());
      expect(statuses(responses)).toEqual([200, 200, 200]);
      expect(first.redis.connection?.isAvailable).toBe(false);

      const from = newAddress();
      // Each of them waits 2 s if it sends a command.
      for (let at = 0; at < limit; at += 1) expect(statuses(await send(1, first, from))).toEqual([200]);
      expect(first.redis.connection?.isAvailable).toBe(false);
      expect(statuses(await send(1, first, from))).toEqual([429]);
    } finally {
      resume();
    }
  });
});

describe('/readyz with Redis', () => {
  it('returns 200 and names Redis as degraded while it is stopped', async () => {
    const before = await readyz(first.api, { status: 200 });
    await redis.stop();

    const degraded = await waitUntil('degraded', async () => {
      const { status, body } = await first.api.get('/readyz');
      return status === 200 && JSON.stringify(body).includes('degraded') && body;
    });
    await redis.startAgain();

    expect(before.body).not.toHaveProperty('degraded');
    expect(degraded).toMatchObject({ status: 'ok', checks: { database: 'up' }, degraded: ['redis'] });
    await waitUntil('not degraded', async () => !('degraded' in ((await first.api.get('/readyz')).body as object)));
  });
});
