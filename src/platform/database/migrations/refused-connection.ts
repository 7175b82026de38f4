import { StartupError } from '../../config/startup-error.ts';
import { firstLine, hasCode } from './postgres-errors.ts';

/** How long a start or a command waits for a connection. */
export const connectTimeoutMs = 5000;

/** Host, port and database of a connection. */
interface Destination {
  readonly host: string;
  readonly port: number;
  readonly database?: string | undefined;
}

/** The reason of a failed connection, in one line without credentials. */
export function refusedConnection(to: Destination, error: unknown): StartupError {
  return new StartupError(`The database ${placeOf(to)} can't be used: ${reasonOf(error)}.`, { cause: error });
}

/** `host:port/database` */
export function placeOf({ host, port, database }: Destination): string {
  return `${host}:${port}/${database ?? ''}`;
}

const reasons = [
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOENT', 'there is no socket'],
  ['EACCES', 'this user may not use its socket'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['28P01', 'it refuses the user name or password'],
  ['28000', 'it does not admit this user'],
  ['3D000', 'there is no such database'],
  ['53300', 'it has no connection left'],
  ['57P03', 'it is starting or stopping'],
] as const;

/** Messages of node-postgres and poolers that have no code. */
const words = [
  [
    /startup parameter|command-line options/i,
    'it is a connection pooler, which takes no settings: DATABASE_DIRECT_URL must lead past it, ' +
      'and neither DATABASE_URL nor PGOPTIONS may have options',
  ],
  [/authentication failed/i, 'it refuses the user name or password'],
  [/^database .* does not exist/i, 'there is no such database'],
  [/does not support SSL/i, 'it offers no TLS, which sslmode in its URL or PGSSLMODE asks for'],
  [/client password must be/i, 'it asks for a password, and its URL has none'],
] as const;

/** Part of Node's error codes for untrusted certificates. */
const certificate = /CERT|SIGNATURE|ISSUER/;

function reasonOf(error: unknown): string {
  const line = firstLine(error);
  const known = reasons.find(([code]) => hasCode(error, code)) ?? words.find(([pattern]) => pattern.test(line));
  if (known !== undefined) return known[1];
  // PostgreSQL 14 and later know all settings of session.ts.
  if (hasCode(error, '42704')) return `${line}: it is older than PostgreSQL 14, or the options in its URL are wrong`;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && certificate.test(code)) {
    return `its certificate is not trusted (${code}): name the authority by sslrootcert in its URL`;
  }
  return /timeout/i.test(line)
    ? `it did not respond within ${connectTimeoutMs / 1000} s`
    : line || 'it did not respond';
}
