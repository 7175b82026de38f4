import { appendFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from './redis-server.ts';

/** Whether the processes of a run share a Redis, by TEST_REDIS. */
export const redisMode = process.env['TEST_REDIS'] === 'on' ? 'on' : 'off';

/** Databases of the server: one for each database of PostgreSQL that a run creates. */
const databases = 4000;

type Variables = Readonly<Record<string, string>>;

/** Starts the Redis of a run, if it has one. */
export async function startRedisOfRun(): Promise<RedisServer | undefined> {
  if (redisMode === 'off') return undefined;
  const server = await RedisServer.start('--databases', String(databases));
  process.env['TEST_REDIS_URL'] = server.url;
  return server;
}

/**
 * The same variables with this run's Redis, if it has one: processes on one database of PostgreSQL share a database of
 * it. A test that sets REDIS_URL, possibly to nothing, keeps it.
 */
export function withRedis(variables: Variables): Variables {
  const server = process.env['TEST_REDIS_URL'];
  const { DATABASE_URL: url, REDIS_URL: own } = variables;
  if (server === undefined || url === undefined || own !== undefined) return variables;
  // The URL parser rejects URLs with a socket and no host.
  const [, name = ''] = /^\w+:\/\/[^/?]*([^?]*)/.exec(url) ?? [];
  return { ...variables, REDIS_URL: `${server}/${numberOf(name)}` };
}

/** The number of this name: its first line in a file of the run, to which its workers append concurrently. */
function numberOf(name: string): number {
  const file = join(tmpdir(), 'redis-databases');
  appendFileSync(file, `${name}\n`);
  const names = [...new Set(readFileSync(file, 'utf8').trimEnd().split('\n'))];
  return names.indexOf(name);
}
