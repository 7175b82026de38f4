import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { BentoCache, bentostore, errors } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import type { AccessInvalidation, AccessInvalidationListener } from '../cache-invalidation/access-invalidation.ts';
import { AccessInvalidationBus } from '../cache-invalidation/access-invalidation-bus.ts';
import {
  cacheEntryMax,
  CacheEntryInvalidationsRepository,
} from '../cache-invalidation/cache-entry-invalidations.repository.ts';
import { configToken } from '../config/config.module.ts';
import { packageVersion } from '../config/package-version.ts';
import type { RedisConfig } from '../config/variables/redis.ts';
import { RedisConnection } from '../redis/redis-connection.ts';

/** Entries in the memory of a process; beyond, the least recently used is evicted. */
const maxItems = 1000;

const longestTtlMs = 86_400_000;

/** Values that are the same after they were stored as JSON; the type of anything else, such as a Date, is `never`. */
type Cacheable<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Date | bigint | symbol | ((...args: never[]) => unknown)
    ? never
    : T extends readonly (infer Item)[]
      ? readonly Cacheable<Item>[]
      : { [Key in keyof T]: Cacheable<T[Key]> };

/** What is cached, and for how long. */
export interface CacheEntry {
  /** Unique among all entries, such as `rates:EUR`; at most 200 characters. */
  readonly key: string;
  /** How long the value is used without loading it again, up to a day. */
  readonly ttlMs: number;
  /** How long afterwards the value is still used if it cannot be loaded; 0 by default. */
  readonly staleMs?: number;
  /** Names by which several entries are invalidated at once. */
  readonly tags?: readonly string[];
}

/**
 * Values that are expensive to load, in the memory of the process, and in Redis if there is one (REDIS_CACHE_URL). One
 * caller of a process loads a value while the others wait for it. Invalidations are part of the transaction that changes
 * the data: PostgreSQL delivers them to every instance, within milliseconds, or 0.5 s after a lost connection.
 */
@Injectable()
export class Cache implements OnModuleInit, OnApplicationShutdown, AccessInvalidationListener {
  private readonly log = new Logger(Cache.name);
  private readonly redis: RedisConnection | undefined;
  private readonly loading = new Set<{ readonly names: readonly string[]; isOutdated: boolean }>();
  private store: BentoCache<{ values: ReturnType<typeof bentostore> }>;

  constructor(
    @Inject(configToken('redis')) { cacheUrl }: RedisConfig,
    private readonly bus: AccessInvalidationBus,
    private readonly invalidations: CacheEntryInvalidationsRepository,
  ) {
    this.redis = cacheUrl === undefined ? undefined : new RedisConnection(cacheUrl, 'cache');
    this.store = this.openStore();
  }

  async onModuleInit(): Promise<void> {
    this.bus.subscribe(this);
    let isOutdated = false;
    this.redis?.client.on('close', () => (isOutdated = true));
    this.redis?.client.on('ready', () => {
      // While it was unavailable, its entries could not be invalidated.
      if (isOutdated) this.runInBackground(this.store.clear());
      isOutdated = false;
    });
    await this.redis?.open();
  }

  /**
   * Returns the value of an entry, and loads it unless it is cached. Objects are copies.
   * @throws what `load` throws, unless there is a value within `staleMs`
   */
  async getOrLoad<T>(entry: CacheEntry, load: () => Promise<T & Cacheable<T>>): Promise<T> {
    const { key, ttlMs, staleMs = 0, tags = [] } = entry;
    assertUsable(entry);
    // Invalidations must arrive from now on.
    this.bus.start();
    const value = this.store.getOrSet({
      key,
      factory: async ({ setOptions }) => {
        const loading = { names: [`key ${key}`, ...tags.map((tag) => `tag ${tag}`)], isOutdated: false };
        this.loading.add(loading);
        try {
          return await load();
        } finally {
          this.loading.delete(loading);
          if (loading.isOutdated) setOptions({ ttl: 1, skipL2Write: true });
        }
      },
      ttl: ttlMs,
      grace: staleMs > 0 && staleMs,
      tags: [...tags],
      timeout: null,
    });
    return await value.catch((error: unknown) => {
      throw error instanceof errors.E_FACTORY_ERROR ? error.cause : error;
    });
  }

  /** Deletes an entry on every instance when the current transaction commits. */
  async delete(key: string): Promise<void> {
    await this.invalidate(`key ${key}`);
  }

  /**
   * Invalidates all entries with a tag on every instance when the current transaction commits. They remain stale values
   * for `staleMs`.
   */
  async invalidateTag(tag: string): Promise<void> {
    await this.invalidate(`tag ${tag}`);
  }

  /**
   * Deletes an entry of this process and of Redis: for an AccessInvalidationListener, which every instance calls when the
   * data changes.
   */
  evict(key: string): void {
    this.markLoading(`key ${key}`);
    this.runInBackground(this.store.delete({ key }));
  }

  onInvalidation({ cacheEntry }: AccessInvalidation): void {
    const [kind, name = ''] = cacheEntry?.split(/ (.*)/s, 2) ?? [];
    if (kind === 'key') this.evict(name);
    if (kind === 'tag') this.evictTag(name);
  }

  /** Empties the memory: the process that has invalidated an entry has deleted it in Redis. */
  invalidateAll(): void {
    for (const loading of this.loading) loading.isOutdated = true;
    this.store = this.openStore();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.redis?.close();
  }

  private openStore(): Cache['store'] {
    const memory = bentostore().useL1Layer(memoryDriver({ maxItems }));
    const connection = this.redis?.client;
    const values = connection === undefined ? memory : memory.useL2Layer(redisDriver({ connection }));
    // Another release may store other shapes.
    return new BentoCache({ default: 'values', prefix: `cache:${packageVersion()}`, stores: { values } });
  }

  private evictTag(tag: string): void {
    this.markLoading(`tag ${tag}`);
    this.runInBackground(this.store.deleteByTag({ tags: [tag] }));
  }

  /** A value that is being loaded may have been read before the change. */
  private markLoading(cacheEntry: string): void {
    for (const loading of this.loading) loading.isOutdated ||= loading.names.includes(cacheEntry);
  }

  private async invalidate(cacheEntry: string): Promise<void> {
    await this.invalidations.insert(cacheEntry);
    this.bus.publish({ cacheEntry });
  }

  private runInBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.log.warn({ err: error }, 'Cache invalidation failed in Redis');
    });
  }
}

/** @throws when an entry cannot be stored, or not be invalidated */
function assertUsable({ key, ttlMs, tags = [] }: CacheEntry): void {
  if ([key, ...tags].some((name) => name.length > cacheEntryMax))
    throw new Error(`Keys and tags of the cache have at most ${cacheEntryMax} characters: ${key}`);
  if (!(ttlMs > 0 && ttlMs <= longestTtlMs)) throw new Error(`The lifetime of ${key} must be from 1 ms to a day`);
}
