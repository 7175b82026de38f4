import { readFileSync } from 'node:fs';

/** DATABASE_URL, split into the part for node-postgres and the settings of the session. */
export interface DatabaseUrl {
  /** For node-postgres: without `schema` and `options`. */
  readonly connectionString: string;
  /** The schema of the tables: `public` unless the URL has `?schema=`. */
  readonly schema: string;
  /** Session options that the URL carries, such as `-c work_mem=64MB`. */
  readonly options: string;
  /** Host and port, or the folder of a socket and its port. */
  readonly place: string;
}

/** A database URL cannot be used. The message completes the variable's name and quotes nothing secret. */
export class InvalidDatabaseUrl extends Error {}

const form = 'must be a URL such as postgresql://user:password@host:5432/database';
const sslModes = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];
const sslFiles = ['sslrootcert', 'sslcert', 'sslkey'];

/** Parameters that node-postgres reads, and those of libpq that have no effect on it. */
const known = new Set([
  ...['host', 'port', 'user', 'password', 'application_name', 'fallback_application_name', 'client_encoding'],
  ...['ssl', 'sslmode', 'sslnegotiation', 'sslsni', 'uselibpqcompat', ...sslFiles, 'channel_binding'],
  ...['target_session_attrs', 'gssencmode', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
  ...['schema', 'options'],
]);

/** Parameters of Prisma, JDBC and libpq, and what sets the same thing here. */
const replacements = new Map([
  ['connection_limit', 'set DATABASE_POOL_MAX'],
  ['connect_timeout', 'set DATABASE_CONNECT_TIMEOUT_MS'],
  ['pool_timeout', 'set DATABASE_CONNECT_TIMEOUT_MS'],
  ['statement_timeout', 'set DATABASE_STATEMENT_TIMEOUT_MS'],
  ['socket_timeout', 'set DATABASE_STATEMENT_TIMEOUT_MS'],
  ['pgbouncer', 'set DATABASE_DIRECT_URL and DATABASE_PREPARED_STATEMENTS'],
  ['statement_cache_size', 'set DATABASE_PREPARED_STATEMENTS'],
  ['search_path', 'name the schema by ?schema='],
  ['currentSchema', 'name the schema by ?schema='],
  ['dbname', 'name the database by the path'],
  ['sslaccept', 'set sslmode'],
]);

/** @throws InvalidDatabaseUrl */
export function readDatabaseUrl(text: string): DatabaseUrl {
  const [head = '', query = ''] = text.split(/\?(.*)/s, 2);
  const parameters = new URLSearchParams(query);
  const { hostname, port } = readHead(head, text);
  assertKnownParameters(parameters);
  const schema = parameters.get('schema') ?? 'public';
  assertValidSchema(schema);
  const options = parameters.get('options') ?? '';
  if (/search_path/i.test(options)) throw new InvalidDatabaseUrl('sets search_path: name the schema by ?schema=');
  const place = `${parameters.get('host') ?? hostname}:${(parameters.get('port') ?? port) || '5432'}`;
  parameters.delete('schema');
  parameters.delete('options');
  const rest = parameters.size === 0 ? '' : `?${parameters.toString()}`;
  return { connectionString: `${head}${rest}`, schema, options, place };
}

/** Whether a transaction pooler is in between: it has another host or port than the server that it connects to. */
export function isPooled(url: string | undefined, directUrl: string | undefined): boolean {
  if (url === undefined || directUrl === undefined) return false;
  return readDatabaseUrl(url).place !== readDatabaseUrl(directUrl).place;
}

function readHead(head: string, text: string): { hostname: string; port: string } {
  if (!/^postgres(ql)?:\/\//.test(head)) throw new InvalidDatabaseUrl(form);
  if (text.includes('#')) throw new InvalidDatabaseUrl('has a #, which must be written as %23');
  if (/%(?![\da-f]{2})|\s/i.test(text)) {
    throw new InvalidDatabaseUrl('has a % or a space that is not percent-encoded (%25, %20)');
  }
  try {
    // node-postgres accepts a user without a host, the URL standard does not.
    const url = new URL(head.replace('@/', '@localhost/'));
    for (const part of [url.username, url.password, url.hostname, url.pathname]) decodeURIComponent(part);
    return { hostname: decodeURIComponent(url.hostname).replace(/^\[(.+)\]$/, '$1'), port: url.port };
  } catch {
    // Not kept as the cause: its message quotes the URL.
    throw new InvalidDatabaseUrl(`${form}; other characters in the password must be percent-encoded`);
  }
}

function assertKnownParameters(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    const instead = replacements.get(name);
    if (instead !== undefined) throw new InvalidDatabaseUrl(`has the parameter ${name}, which is not read: ${instead}`);
    if (!known.has(name))
      throw new InvalidDatabaseUrl(`has an unknown parameter${/^\w{1,40}$/.test(name) ? ` ${name}` : ''}`);
    if (name === 'sslmode' && !sslModes.includes(value)) {
      throw new InvalidDatabaseUrl(`must have a sslmode of ${sslModes.join(', ')}`);
    }
    if (sslFiles.includes(name)) assertReadable(name, value);
  }
}

function assertReadable(name: string, file: string): void {
  try {
    readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new InvalidDatabaseUrl(`names a ${name} that cannot be read: ${file} (${code})`);
  }
}

/**
 * Shorter than PostgreSQL allows, because the name of the queue's schema is derived from it. Lower case only, because
 * PostgreSQL folds unquoted names, as in casts to regnamespace, to lower case.
 */
function assertValidSchema(schema: string): void {
  if (!/^[a-z_][a-z\d_]{0,54}$/.test(schema)) {
    throw new InvalidDatabaseUrl('must have a schema of at most 55 lower-case letters, digits and underscores');
  }
  if (/^(pg_.*|information_schema|bullmq)$/.test(schema)) {
    throw new InvalidDatabaseUrl('has a schema that is reserved for PostgreSQL or for the queue');
  }
}
