import { PostgresClient } from '../postgres-pool.ts';
import type { SessionOptions } from '../session.ts';
import { directSession } from '../session.ts';
import { StartRefused } from '../start-refused.ts';
import { firstLine } from './postgres-errors.ts';
import { connectTimeoutMs, refusedConnection } from './refused-connection.ts';

/** What every connection that migrates has in common. It must not pass a pooler in transaction mode. */
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
 * Runs work on a connection of its own.
 * @param session when it is not the server itself that is reached
 * @throws StartRefused when the database can't be reached, in one line without credentials
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
  // No URL of the standard's when it names a socket.
  return url.replace(/^(\w+:\/\/[^/?]*)[^?]*/, `$1/${database}`);
}

function newClient(url: string, session: SessionOptions | undefined): PostgresClient {
  try {
    return new PostgresClient(connectionOptions(url, session));
  } catch (error) {
    // Not as the cause: that of a parser may hold the URL.
    throw new StartRefused(`DATABASE_URL: ${firstLine(error)}.`);
  }
}
