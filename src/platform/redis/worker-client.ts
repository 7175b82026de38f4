import type { RedisOptions } from 'ioredis';
import { Redis } from 'ioredis';
import { disconnectMs, longestRetryMs, timeoutMs } from './redis-connection.ts';

const options: RedisOptions = {
  connectionName: 'plinth-worker',
  maxRetriesPerRequest: null,
  connectTimeout: timeoutMs,
  disconnectTimeout: disconnectMs,
  retryStrategy: (attempt) => Math.min(50 * attempt, longestRetryMs),
};

/** A connection whose commands wait until Redis is available: for workers, which have nothing else to do. */
export class WorkerClient extends Redis {
  private readonly copies: Redis[] = [];

  constructor(
    private readonly url: string,
    overrides: Partial<RedisOptions> = {},
  ) {
    super(url, { ...options, ...overrides });
    // BullMQ reports them. Without a listener ioredis prints every failed attempt.
    this.on('error', () => undefined);
  }

  /** BullMQ opens a copy for the blocking command of each worker. */
  override duplicate(overrides?: Partial<RedisOptions>): Redis {
    const copy = new WorkerClient(this.url, overrides);
    this.copies.push(copy);
    return copy;
  }

  /**
   * Closes the connection; commands that wait are rejected. Between two attempts to connect, ioredis would neither reject
   * them nor emit `end`, for which BullMQ waits. It does both for an attempt that is cancelled at once.
   */
  override disconnect(reconnect = false): void {
    if (!reconnect && this.status === 'reconnecting') this.connect().catch(() => undefined);
    super.disconnect(reconnect);
  }

  /** Closes this connection and its copies without waiting for commands. */
  disconnectAll(): void {
    for (const client of [this, ...this.copies]) client.disconnect();
  }
}
