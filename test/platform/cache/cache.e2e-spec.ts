import { afterAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from '../../../src/app.setup.ts';
import { AccessInvalidationBus } from '../../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import { Cache } from '../../../src/platform/cache/cache.ts';
import { Transactions } from '../../../src/platform/database/transactions.ts';
import { testConfig } from '../../harness/app/app.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';

const minute = 60_000;
const database = await createDatabase();
const redis = await RedisServer.start();
const [inMemory, inRedis] = [await startInstances(), await startInstances({ REDIS_CACHE_URL: redis.url })];
let counter = 0;

afterAll(async () => {
  await redis.stop();
  await database.drop();
});

interface Instance {
  readonly cache: Cache;
  /** Runs in a transaction. */
  readonly inTransaction: (work: () => Promise<void>) => Promise<void>;
}

/** Two instances on one database. */
async function startInstances(variables: Readonly<Record<string, string>> = {}): Promise<[Instance, Instance]> {
  return [await startInstance(variables), await startInstance(variables)];
}

async function startInstance(variables: Readonly<Record<string, string>>): Promise<Instance> {
  const app = await createApp(testConfig({ DATABASE_URL: database.url, ...variables }));
  afterAll(async () => {
    await app.close();
  });
  const bus = app.get(AccessInvalidationBus);
  await waitUntil('invalidations arrive', () => bus.isUpToDate());
  const transactions = app.get(Transactions);
  return {
    cache: app.get(Cache),
    inTransaction: async (work) => {
      await transactions.withTransaction(work);
    },
  };
}

function newKey(): string {
  counter += 1;
  return `test:${counter}`;
}

/** A value that changes, and how often it was loaded. */
class Source {
  loads = 0;
  failing = false;

  constructor(public value: string) {}

  readonly load = async (): Promise<{ value: string }> => {
    this.loads += 1;
    const { value } = this;
    await delay(5);
    if (this.failing) throw new Error('The source is unavailable');
    return { value };
  };
}

describe.each([
  ['in memory', inMemory],
  ['with Redis', inRedis],
])('The cache %s', (_, [first, second]) => {
  it('loads a value once for concurrent callers, and returns it until it expires', async () => {
    const source = new Source('a');
    const entry = { key: newKey(), ttlMs: minute };

    const values = await Promise.all(
      Array.from({ length: 20 }, async () => await first.cache.getOrLoad(entry, source.load)),
    );
    const again = await first.cache.getOrLoad(entry, source.load);

    expect(new Set([...values, again].map(({ value }) => value))).toEqual(new Set(['a']));
    expect(source.loads).toBe(1);
  });

  it('loads a value again after it expired', async () => {
    const source = new Source('a');
    const entry = { key: newKey(), ttlMs: 1 };
    await first.cache.getOrLoad(entry, source.load);
    source.value = 'b';

    await waitUntil('the new value', async () => (await first.cache.getOrLoad(entry, source.load)).value === 'b');
  });

  it('returns a stale value while the source fails, and throws without one', async () => {
    const source = new Source('a');
    const [stale, fresh] = [
      { key: newKey(), ttlMs: 1, staleMs: minute },
      { key: newKey(), ttlMs: 1 },
    ];
    for (const entry of [stale, fresh]) await first.cache.getOrLoad(entry, source.load);
    source.failing = true;
    await waitUntil(
      'the value without a stale time expires',
      async () =>
        await first.cache.getOrLoad(fresh, source.load).then(
          () => false,
          () => true,
        ),
    );

    expect(await first.cache.getOrLoad(stale, source.load)).toEqual({ value: 'a' });
    await expect(first.cache.getOrLoad(fresh, source.load)).rejects.toThrow('The source is unavailable');
  });

  it('deletes an entry on every instance when the transaction commits', async () => {
    const source = new Source('a');
    const entry = { key: newKey(), ttlMs: minute };
    const read = async ({ cache }: Instance): Promise<string> => (await cache.getOrLoad(entry, source.load)).value;
    expect([await read(first), await read(second)]).toEqual(['a', 'a']);
    source.value = 'b';

    const rolledBack = first.inTransaction(async () => {
      await first.cache.delete(entry.key);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect([await read(first), await read(second)]).toEqual(['a', 'a']);

    await first.inTransaction(async () => {
      await first.cache.delete(entry.key);
      expect(await read(first)).toBe('a');
    });
    expect(await read(first)).toBe('b');
    await waitUntil('the other instance has the new value', async () => (await read(second)) === 'b');
  });

  it('invalidates all entries with a tag on every instance', async () => {
    const source = new Source('a');
    const tag = newKey();
    const [one, two, other] = [newKey(), newKey(), newKey()];
    const read = async ({ cache }: Instance, key: string): Promise<string> =>
      (await cache.getOrLoad({ key, ttlMs: minute, tags: key === other ? [] : [tag] }, source.load)).value;
    for (const instance of [first, second]) for (const key of [one, two, other]) await read(instance, key);
    source.value = 'b';
    // A value of the same millisecond would be invalidated too.
    await delay(2);

    await first.cache.invalidateTag(tag);

    expect([await read(first, one), await read(first, two), await read(first, other)]).toEqual(['b', 'b', 'a']);
    await waitUntil('the other instance has the new values', async () => (await read(second, one)) === 'b');
    expect(await read(second, other)).toBe('a');
  });

  it('does not keep a value that was read before a change', async () => {
    const source = new Source('a');
    const entry = { key: newKey(), ttlMs: minute };
    const loading = first.cache.getOrLoad(entry, source.load);
    await waitUntil('the load begins', () => source.loads === 1);
    source.value = 'b';

    await first.cache.delete(entry.key);
    await loading;

    await waitUntil('the new value', async () => (await first.cache.getOrLoad(entry, source.load)).value === 'b');
  });

  it('rejects keys that are too long, and lifetimes of more than a day', async () => {
    const { load } = new Source('a');

    await expect(first.cache.getOrLoad({ key: 'a'.repeat(201), ttlMs: 1 }, load)).rejects.toThrow('at most 200');
    await expect(first.cache.getOrLoad({ key: newKey(), ttlMs: 86_400_001 }, load)).rejects.toThrow('a day');
  });
});

describe('The cache in Redis', () => {
  const [first, second] = inRedis;

  it('is shared: another instance does not load the value, and every key expires', async () => {
    const source = new Source('a');
    const entry = { key: newKey(), ttlMs: minute, tags: ['a tag'] };
    await first.cache.getOrLoad(entry, source.load);

    expect(await second.cache.getOrLoad(entry, source.load)).toEqual({ value: 'a' });
    await first.cache.invalidateTag('a tag');

    expect(source.loads).toBe(1);
    const expiries = await redis.run(async (client) => {
      const keys = await client.keys('*');
      return await Promise.all(keys.map(async (key) => await client.pttl(key)));
    });
    expect(expiries.length).toBeGreaterThan(0);
    expect(expiries.filter((leftMs) => leftMs === -1)).toEqual([]);
  });

  it('loads values while Redis is stopped, and returns no old ones after it is back', async () => {
    const source = new Source('a');
    const entry = { key: newKey(), ttlMs: minute };
    await first.cache.getOrLoad(entry, source.load);
    // Redis keeps its data, and does not receive the deletion.
    const resume = redis.suspend();
    source.value = 'b';
    await first.cache.delete(entry.key);
    expect(await first.cache.getOrLoad(entry, source.load)).toEqual({ value: 'b' });
    resume();

    await waitUntil(
      'the other instance has the new value',
      async () => (await second.cache.getOrLoad(entry, source.load)).value === 'b',
    );
    await redis.stop();
    expect(await first.cache.getOrLoad({ key: newKey(), ttlMs: minute }, source.load)).toEqual({ value: 'b' });
    await redis.startAgain();
    await waitUntil('Redis is used again', async () => {
      const probe = { key: newKey(), ttlMs: minute };
      await first.cache.getOrLoad(probe, source.load);
      return await redis.run(async (client) => (await client.keys(`*${probe.key}`)).length === 1);
    });
  });
});
