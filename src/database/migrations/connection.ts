import { PostgresClient } from '../postgres-pool.ts';
import { StartRefused } from '../start-refused.ts';
import { firstLine, hasCode } from './postgres-errors.ts';

const connectTimeoutMs = 5000;

/** What every connection that migrates has in common. It must not pass a pooler in transaction mode. */
export function connectionOptions(url: string): {
  connectionString: string;
  application_name: string;
  keepAlive: true;
  connectionTimeoutMillis: number;
} {
  return {
    connectionString: url,
    application_name: 'plinth migrations',
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
  };
}

/**
 * Runs work on a connection of its own.
 * @throws StartRefused when the database can't be reached, in one line without credentials
 */
export async function withConnection<T>(url: string, work: (client: PostgresClient) => Promise<T>): Promise<T> {
  const client = newClient(url);
  try {
    await client.connect();
  } catch (error) {
    const place = `${client.host}:${client.port}/${client.database ?? ''}`;
    throw new StartRefused(`The database ${place} can't be used: ${reasonOf(error)}.`, { cause: error });
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same URL for another database of the same server. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

function newClient(url: string): PostgresClient {
  try {
    return new PostgresClient(connectionOptions(url));
  } catch {
    // Not as the cause: the parser's error quotes the URL.
    throw new StartRefused('DATABASE_URL is not a URL such as postgresql://user:password@host:5432/database.');
  }
}

const reasons = [
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['28P01', 'it refuses the user name or password'],
  ['28000', 'it does not let this user in'],
  ['3D000', 'there is no such database'],
  ['53300', 'it has no connection left'],
  ['57P03', 'it is starting or stopping'],
] as const;

function reasonOf(error: unknown): string {
  const known = reasons.find(([code]) => hasCode(error, code));
  if (known !== undefined) return known[1];
  const line = firstLine(error);
  return /timeout/i.test(line) ? `it did not answer within ${connectTimeoutMs / 1000} s` : line || 'it did not answer';
}
