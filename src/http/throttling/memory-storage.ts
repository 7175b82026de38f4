import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

/** More callers than this are not remembered: those who came first are forgotten, and begin anew. */
const callersMax = 100_000;

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Counts the hits of a window in this process. A window begins with its first hit. */
@Injectable()
export class MemoryThrottlerStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, { hits: number; endsAt: number }>();

  /** One hit more: `ttl` is the window in milliseconds; the times of the answer are seconds. */
  async increment(key: string, ttl: number, limit: number): Promise<StorageRecord> {
    const now = performance.now();
    const window = this.current(key, ttl, now);
    window.hits += 1;
    // Adding and taking away again may yield a hair more.
    const left = Math.ceil(Math.min(window.endsAt - now, ttl) / 1000);
    const isBlocked = window.hits > limit;
    return await Promise.resolve({
      totalHits: window.hits,
      timeToExpire: left,
      isBlocked,
      timeToBlockExpire: isBlocked ? left : 0,
    });
  }

  private current(key: string, ttl: number, now: number): { hits: number; endsAt: number } {
    const known = this.windows.get(key);
    if (known !== undefined && known.endsAt > now) return known;
    const begun = { hits: 0, endsAt: now + ttl };
    // Behind all others, so that the map stays in the order in which windows end.
    this.windows.delete(key);
    this.windows.set(key, begun);
    this.forget(now);
    return begun;
  }

  private forget(now: number): void {
    for (const [key, { endsAt }] of this.windows) {
      if (endsAt > now && this.windows.size <= callersMax) return;
      this.windows.delete(key);
    }
  }
}
