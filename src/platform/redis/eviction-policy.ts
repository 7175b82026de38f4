import { Logger } from '@nestjs/common';
import { StartupError } from '../config/startup-error.ts';
import type { ServiceConfig } from '../config/config.ts';
import type { RedisConnection } from './redis-connection.ts';

const required = 'noeviction';
const page = 'docs/operations/redis.md';

/**
 * Checks at startup that Redis does not evict keys: it would evict jobs and counters. Logs a warning when the policy
 * cannot be read, and outside of production when it is another one.
 * @throws StartupError in production when it is another one
 */
export async function verifyEvictionPolicy(
  connection: RedisConnection,
  { environment }: Pick<ServiceConfig, 'environment'>,
): Promise<void> {
  const log = new Logger('Start');
  const policy = await readPolicy(connection);
  if (policy === required) return;
  if (policy === undefined) {
    log.warn(`The maxmemory-policy of Redis could not be read; it must be ${required}: ${page}`);
    return;
  }
  const message = `The maxmemory-policy of REDIS_URL is ${policy} and must be ${required}: ${page}`;
  if (environment === 'production') throw new StartupError(message);
  log.warn(message);
}

/** Read from INFO, because managed servers often forbid CONFIG. */
async function readPolicy(connection: RedisConnection): Promise<string | undefined> {
  try {
    const info = await connection.send(async (client) => await client.info('memory'));
    return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  } catch {
    return undefined;
  }
}
