import { Logger } from '@nestjs/common';
import type { HttpConfig } from '../../config/config.ts';
import type { PoolWaits } from '../../database/pool-waits.ts';

/** A burst, or a garbage collection, is no overload: every iteration has to exceed the limit for this long. */
const sustainedMs = 500;
/** An overload ends when no iteration has exceeded the limit for this long. */
const calmMs = 1000;

/**
 * Bounds the time that requests wait in this process. An iteration of the event loop accepts requests for a limited time
 * while the process is overloaded, and none that needs the database is accepted while another one waits too long for a
 * connection. Both queues stay filled, so that refusing requests takes little from those that are served.
 */
export class LoadMonitor {
  private readonly log = new Logger('Overload');
  private waits: PoolWaits | undefined;
  private count: (() => void) | undefined;
  /** When this iteration received its first request. */
  private begin: number | undefined;
  private exceededSince: number | undefined;
  private exceededAt = 0;
  private isOverloaded = false;
  private refused = 0;

  /** @param limits 0 for none */
  constructor(private readonly limits: HttpConfig['overload']) {}

  /** Sets the pool whose waits are limited, and what counts refusals. */
  watch(waits: PoolWaits, count: () => void): void {
    this.waits = waits;
    this.count = count;
  }

  /** Whether the process cannot serve the next request in time; called once for each request. */
  refusesNext({ needsDatabase }: { readonly needsDatabase: boolean }): boolean {
    const now = performance.now();
    if (this.begin === undefined) {
      this.begin = now;
      // Runs when the event loop has received the requests that were ready.
      setImmediate(() => {
        this.endIteration(now);
      });
    }
    const isLate = this.isOverloaded && exceeds(now - this.begin, this.limits.eventLoopLagMs);
    const isRefused = isLate || (needsDatabase && exceeds(this.waits?.longestMs ?? 0, this.limits.poolWaitMs));
    if (isRefused) this.countRefusal();
    return isRefused;
  }

  private endIteration(begin: number): void {
    const now = performance.now();
    this.begin = undefined;
    if (exceeds(now - begin, this.limits.eventLoopLagMs)) {
      this.exceededAt = now;
      this.exceededSince ??= now;
      if (now - this.exceededSince >= sustainedMs) this.isOverloaded = true;
      return;
    }
    this.exceededSince = undefined;
    if (now - this.exceededAt > calmMs) this.isOverloaded = false;
  }

  /** Refused requests have no line of their own in the log: writing it would cost as much as refusing them. */
  private countRefusal(): void {
    this.count?.();
    this.refused += 1;
    if (this.refused > 1) return;
    this.log.warn('Overloaded; refusing requests');
    setTimeout(() => {
      this.log.warn({ refused: this.refused }, 'Refused requests within ten seconds');
      this.refused = 0;
    }, 10_000).unref();
  }
}

/** @param limit 0 for none */
function exceeds(value: number, limit: number): boolean {
  return limit > 0 && value > limit;
}
