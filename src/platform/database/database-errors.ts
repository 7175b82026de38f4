import type { FailureKind } from './sql-states.ts';
import { isSqlState, meaningOfState } from './sql-states.ts';
import type { Link, ViolatedConstraint } from './violated-constraint.ts';
import { isLink, violatedConstraint } from './violated-constraint.ts';

/** What a failed query means to its caller. */
export type DatabaseErrorClass =
  /** The database does not respond, or not in time. */
  | { readonly kind: 'unavailable' }
  /** A serialization failure or a deadlock; retrying may succeed. */
  | { readonly kind: 'conflict' }
  /** A unique value exists already. */
  | ({ readonly kind: 'unique' } & Pick<ViolatedConstraint, 'columns'>)
  /** A row refers to one that does not exist, or is still referenced. */
  | ({ readonly kind: 'reference' } & ViolatedConstraint)
  /** A value that the column's type or a constraint rejects. */
  | ({ readonly kind: 'invalid-value' } & Pick<ViolatedConstraint, 'columns'>);

/** Codes of Prisma, of its adapter and of sockets: failures for which PostgreSQL sent no SQLSTATE. */
const unavailable = new Set([
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'],
  ...['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'],
  ...['DatabaseDoesNotExist', 'DatabaseAccessDenied', 'AuthenticationFailed', 'TlsConnectionError'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'],
  // The process has no file descriptor left for a connection.
  ...['EMFILE', 'ENFILE'],
]);
const connectionLosses = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Query read timeout',
  'Client has encountered a connection error',
  'Cannot use a pool after calling end',
];
const conflict = new Set(['P2034', 'TransactionWriteConflict']);
const unique = new Set(['P2002', 'UniqueConstraintViolation']);
const invalidValue = new Set(['P2000', 'P2007', 'P2020']);

/** Classifies a rejected query, transaction or connection; undefined when the error is not one of the database. */
export function classifyDatabaseError(error: unknown): DatabaseErrorClass | undefined {
  const chain = causeChain(error);
  const codes = chain.flatMap(codesOf);
  const state = codes.findLast(isSqlState);
  const kind = state === undefined ? kindOfCode(codes, chain) : meaningOfState(state);
  if (kind === undefined || kind === 'unavailable' || kind === 'conflict') return kind && { kind };
  // Wrappers drop details, so the innermost error with a code is read.
  const { columns, stillReferenced } = violatedConstraint(chain.findLast((link) => codesOf(link).length > 0) ?? {});
  return kind === 'reference' ? { kind, columns, stillReferenced } : { kind, columns };
}

/** The SQLSTATE of an error, at any depth of wrapping. */
export function sqlStateOf(error: unknown): string | undefined {
  return causeChain(error).flatMap(codesOf).findLast(isSqlState);
}

/** SQLSTATEs of a missing table, a missing column, and a missing privilege. */
const unmigrated: ReadonlySet<string | undefined> = new Set(['42P01', '42703', '42501']);

/** Whether a migration of this build is not applied, or not with its privileges; the startup check reports both. */
export function isUnmigrated(error: unknown): boolean {
  return unmigrated.has(sqlStateOf(error));
}

/** The first line of PostgreSQL's message, or else of the innermost error that has a code. */
export function databaseMessage(error: unknown): string {
  const chain = causeChain(error);
  const link = chain.findLast((each) => codesOf(each).length > 0) ?? chain.at(-1) ?? {};
  const texts = [link['originalMessage'], link['message']].filter((text) => typeof text === 'string');
  return (texts[0] ?? '').trim().split('\n', 1)[0] ?? '';
}

function kindOfCode(codes: readonly string[], chain: readonly Link[]): FailureKind | undefined {
  const has = (set: ReadonlySet<string>): boolean => codes.some((code) => set.has(code));
  if (has(conflict)) return 'conflict';
  if (has(unique)) return 'unique';
  if (has(invalidValue)) return 'invalid-value';
  return has(unavailable) || chain.some((link) => isConnectionRefusal(link) || isConnectionLoss(link))
    ? 'unavailable'
    : undefined;
}

/** The error and everything it wraps: Prisma's `meta.driverAdapterError`, `cause`, and so on. */
function causeChain(error: unknown): Link[] {
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

/** Such as a missing socket file while the server is stopped (ENOENT). */
function isConnectionRefusal(link: Link): boolean {
  return link['syscall'] === 'connect' && typeof link['code'] === 'string';
}

/** node-postgres reports the loss of a connection only by message. */
function isConnectionLoss(link: Link): boolean {
  const message = link['message'];
  return typeof message === 'string' && connectionLosses.some((prefix) => message.startsWith(prefix));
}
