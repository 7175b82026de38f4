import { appendFileSync, readFileSync } from 'node:fs';
import { RedisServer } from './redis-server.ts';

/** Databases of the server: one for each database of PostgreSQL that a run creates. */
const databases = 4000;

type Variables = Readonly<Record<string, string>>;

/** Starts the Redis of a run with TEST_REDIS=on; `file` is where its workers allocate databases. */
export async function startRedisOfRun(file: string): Promise<RedisServer | undefined> {
  if (process.env['TEST_REDIS'] !== 'on') return undefined;
  const server = await RedisServer.start('--databases', String(databases));
  process.env['TEST_REDIS_URL'] = server.url;
  process.env['TEST_REDIS_DATABASES'] = file;
  return server;
}

/**
 * The same variables with this run's Redis, if it has one: processes on one database of PostgreSQL share a database of
 * it. A test that sets REDIS_URL, possibly to nothing, keeps it.
 */
export function withRedis(variables: Variables): Variables {
  const { TEST_REDIS_URL: server, TEST_REDIS_DATABASES: file } = process.env;
  const { DATABASE_URL: url, REDIS_URL: own } = variables;
  if (server === undefined || file === undefined || url === undefined || own !== undefined) return variables;
  return { ...variables, REDIS_URL: `${server}/${numberOf(new URL(url).pathname, file)}` };
}

/** The number of this name: its first line in the file, to which processes append concurrently. */
function numberOf(name: string, file: string): number {
  appendFileSync(file, `${name}\n`);
  const names = [...new Set(readFileSync(file, 'utf8').trimEnd().split('\n'))];
  return names.indexOf(name);
}
