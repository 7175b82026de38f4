import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

/** Beyond this number of keys, the windows that end first are evicted; their keys start again at 0. */
const maxKeys = 100_000;

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counts the hits of a window in this process. A window begins with its first hit. */
@Injectable()
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, { hits: number; endsAt: number }>();

  /** Adds a hit. `ttl` is the window in milliseconds; the returned times are seconds. */
  async increment(key: string, ttl: number, limit: number): Promise<StorageRecord> {
    const now = performance.now();
    const window = this.current(key, ttl, now);
    window.hits += 1;
    // Floating-point subtraction may yield slightly more than the window.
    const remaining = Math.ceil(Math.min(window.endsAt - now, ttl) / 1000);
    const isBlocked = window.hits > limit;
    return await Promise.resolve({
      totalHits: window.hits,
      timeToExpire: remaining,
      isBlocked,
      timeToBlockExpire: isBlocked ? remaining : 0,
    });
  }

  private current(key: string, ttl: number, now: number): { hits: number; endsAt: number } {
    const current = this.windows.get(key);
    if (current !== undefined && current.endsAt > now) return current;
    const created = { hits: 0, endsAt: now + ttl };
    // Deleting first appends the key: the map stays ordered by the end of the windows.
    this.windows.delete(key);
    this.windows.set(key, created);
    this.evict(now);
    return created;
  }

  private evict(now: number): void {
    for (const [key, { endsAt }] of this.windows) {
      if (endsAt > now && this.windows.size <= maxKeys) return;
      this.windows.delete(key);
    }
  }
}
