/** What a failed query means to whoever asked. */
export type DatabaseFailure =
  | { readonly kind: 'unavailable' }
  /** Lost against a concurrent transaction; trying again may work. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  /** A value that the column's type can't hold. */
  | { readonly kind: 'unstorable' };

/** Where PostgreSQL has said nothing itself, by Prisma's code, the adapter's or that of the socket. */
const unavailable = new Set([
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'],
  ...['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'],
  ...['DatabaseDoesNotExist', 'DatabaseAccessDenied', 'AuthenticationFailed', 'TlsConnectionError'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'],
]);
const conflict = new Set(['P2034', 'TransactionWriteConflict']);
const unique = new Set(['P2002', 'UniqueConstraintViolation']);
const unstorable = new Set(['P2000', 'P2007', 'P2020']);

/** What a rejected query, transaction or connection means, or undefined when the error is not the database's. */
export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  const chain = causes(error);
  const codes = chain.flatMap(codesOf);
  const state = codes.findLast(isSqlState);
  const kind = state === undefined ? kindByCode(codes, chain) : kindByState(state);
  return kind === 'unique' ? { kind, columns: chain.flatMap(columnsOf) } : kind && { kind };
}

/** PostgreSQL's code for what went wrong, however deep it is wrapped. */
export function sqlStateOf(error: unknown): string | undefined {
  return causes(error).flatMap(codesOf).findLast(isSqlState);
}

/** PostgreSQL's own word (its manual, appendix A); Prisma wraps many of them into one code, P2039. */
function kindByState(state: string): DatabaseFailure['kind'] | undefined {
  if (/^(40001|40P01|55P03)$/.test(state)) return 'conflict';
  if (state === '23505') return 'unique';
  if (/^22/.test(state)) return 'unstorable';
  // Connections, resources, shutdown, time-outs, a server that has become read-only, a database or role that is gone.
  return /^(08...|53...|57P0.|57014|25006|25P0[34]|3D000|28P01)$/.test(state) ? 'unavailable' : undefined;
}

function kindByCode(codes: readonly string[], chain: readonly Link[]): DatabaseFailure['kind'] | undefined {
  const has = (set: ReadonlySet<string>): boolean => codes.some((code) => set.has(code));
  if (has(conflict)) return 'conflict';
  if (has(unique)) return 'unique';
  if (has(unstorable)) return 'unstorable';
  return has(unavailable) || chain.some(lostConnection) ? 'unavailable' : undefined;
}

/** Five digits and capitals, and no code of Prisma's. */
function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) && !/^P[1-9]/.test(code);
}

type Link = Readonly<Record<string, unknown>>;

/** The error and everything it wraps: Prisma's `meta.driverAdapterError`, `cause`, and so on. */
function causes(error: unknown): Link[] {
  const chain: Link[] = [];
  for (let link = error; isLink(link) && chain.length < 8; link = next(link)) chain.push(link);
  return chain;
}

function next(link: Link): unknown {
  const meta = link['meta'];
  return isLink(meta) && meta['driverAdapterError'] ? meta['driverAdapterError'] : link['cause'];
}

function codesOf(link: Link): string[] {
  return [link['code'], link['originalCode'], link['kind']].filter((code) => typeof code === 'string');
}

function columnsOf(link: Link): string[] {
  const constraint = link['constraint'];
  const fields = isLink(constraint) ? constraint['fields'] : undefined;
  return Array.isArray(fields) ? fields.filter((field) => typeof field === 'string') : [];
}

/** node-postgres reports these by message alone. */
function lostConnection(link: Link): boolean {
  const message = link['message'];
  return (
    typeof message === 'string' &&
    /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Cannot use a pool after calling end)/.test(
      message,
    )
  );
}

function isLink(value: unknown): value is Link {
  return typeof value === 'object' && value !== null;
}
