import { PostgresClient } from '../postgres-pool.ts';
import type { SessionOptions } from '../session.ts';
import { directSession } from '../session.ts';
import { StartupError } from '../../config/startup-error.ts';
import { firstLine } from './postgres-errors.ts';
import { connectTimeoutMs, refusedConnection } from './refused-connection.ts';

/** Options of every connection that migrates. It must not go through a pooler in transaction mode. */
export function connectionOptions(
  url: string,
  session: SessionOptions = directSession(url),
): SessionOptions & {
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
} {
  return { ...session, application_name: 'plinth migrations', connectionTimeoutMillis: connectTimeoutMs };
}

/**
 * Runs work on a new connection, which is closed afterwards.
 * @param session for connections through a pooler
 * @throws StartupError in one line without credentials when the database is unreachable
 */
export async function withConnection<T>(
  url: string,
  work: (client: PostgresClient) => Promise<T>,
  session?: SessionOptions,
): Promise<T> {
  const client = newClient(url, session);
  try {
    await client.connect();
    await session?.onConnect?.(client);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw refusedConnection(client, error);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same URL for another database of the same server. */
export function withDatabase(url: string, database: string): string {
  // The URL parser rejects URLs with a socket and no host.
  return url.replace(/^(\w+:\/\/[^/?]*)[^?]*/, `$1/${database}`);
}

function newClient(url: string, session: SessionOptions | undefined): PostgresClient {
  try {
    return new PostgresClient(connectionOptions(url, session));
  } catch (error) {
    // Without the cause: the parser's error may contain the URL.
    throw new StartupError(`DATABASE_URL: ${firstLine(error)}.`);
  }
}
