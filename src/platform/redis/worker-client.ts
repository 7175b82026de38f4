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

  constructor(url: string) {
    super(url, options);
    ignoreErrors(this);
  }

  /** BullMQ opens a copy for the blocking command of each worker. */
  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    ignoreErrors(copy);
    this.copies.push(copy);
    return copy;
  }

  /** Closes this connection and its copies without waiting for commands. */
  disconnectAll(): void {
    for (const client of [this, ...this.copies]) client.disconnect();
  }
}

/** BullMQ reports them. Without a listener ioredis prints every failed attempt. */
function ignoreErrors(client: Redis): void {
  client.on('error', () => undefined);
}
