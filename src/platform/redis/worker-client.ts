import { Redis } from 'ioredis';
import { longestRetryMs, timeoutMs } from './redis-connection.ts';

/** Opens a connection whose commands wait until Redis is available: for workers, which have nothing else to do. */
export function openWorkerClient(url: string): Redis {
  const client = new Redis(url, {
    connectionName: 'plinth-worker',
    maxRetriesPerRequest: null,
    connectTimeout: timeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, longestRetryMs),
  });
  // BullMQ reports the errors of its workers. Without a listener ioredis prints every failed attempt.
  client.on('error', () => undefined);
  return client;
}
