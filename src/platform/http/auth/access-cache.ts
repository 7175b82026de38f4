import type { OnModuleInit } from '@nestjs/common';
import { BoundedMap } from '../../async/bounded-map.ts';
import type { AccessInvalidation, AccessInvalidationListener } from '../../cache-invalidation/access-invalidation.ts';
import type { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';

/** What a cache knows about the credentials of a user. */
export interface CachedAccess {
  readonly userId: string;
  readonly endsAt: Date;
}

/** A query in flight, and the invalidations that were received since it began. */
interface Load {
  readonly key: string;
  readonly invalidatedUsers: Set<string>;
  isStale: boolean;
}

/** Beyond this number, the oldest entries are evicted and loaded again on demand. */
const maxEntries = 10_000;

/**
 * Caches what valid credentials grant until it is invalidated. While the invalidation bus is disconnected, every lookup
 * reads the database: a committed revocation takes effect within one second.
 */
export abstract class AccessCache<Entry extends CachedAccess> implements OnModuleInit, AccessInvalidationListener {
  private readonly entries = new BoundedMap<string, Entry>(maxEntries);
  private readonly loads = new Set<Load>();

  constructor(private readonly invalidations: AccessInvalidationBus) {}

  onModuleInit(): void {
    this.invalidations.subscribe(this);
  }

  /** The entry of this key, or undefined when its credentials are not valid. */
  async find(key: string): Promise<Entry | undefined> {
    return this.findCached(key) ?? (await this.load(key));
  }

  /** The entry of this key if it is cached and may be used without the database. */
  findCached(key: string): Entry | undefined {
    const cached = this.invalidations.isUpToDate() ? this.entries.get(key) : undefined;
    return cached !== undefined && cached.endsAt.getTime() > Date.now() ? cached : undefined;
  }

  onInvalidation({ sessionId, userId }: AccessInvalidation): void {
    if (sessionId) this.evictKey(sessionId);
    if (userId) this.evictUser(userId);
  }

  invalidateAll(): void {
    this.entries.clear();
    for (const load of this.loads) load.isStale = true;
  }

  /** Reads the entry of valid credentials from the database. */
  protected abstract read(key: string): Promise<Entry | undefined>;

  private async load(key: string): Promise<Entry | undefined> {
    for (;;) {
      const load: Load = { key, invalidatedUsers: new Set(), isStale: false };
      this.loads.add(load);
      try {
        const found = await this.read(key);
        // The result may be older than an invalidation that arrived meanwhile.
        if (load.isStale || (found !== undefined && load.invalidatedUsers.has(found.userId))) continue;
        if (found !== undefined) this.entries.set(key, found);
        return found;
      } finally {
        this.loads.delete(load);
      }
    }
  }

  /** The key of a session is its id; no other key has this form. */
  private evictKey(key: string): void {
    this.entries.delete(key);
    for (const load of this.loads) load.isStale ||= load.key === key;
  }

  private evictUser(id: string): void {
    for (const [key, { userId }] of this.entries) if (userId === id) this.entries.delete(key);
    for (const load of this.loads) load.invalidatedUsers.add(id);
  }
}
