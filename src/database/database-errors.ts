import type { FailureKind } from './sql-states.ts';
import { isSqlState, meaningOfState } from './sql-states.ts';
import type { Link, ViolatedConstraint } from './violated-constraint.ts';
import { isLink, violatedConstraint } from './violated-constraint.ts';

/** What a failed query means to its caller. */
export type DatabaseFailure =
  /** The database does not answer, or not in time. */
  | { readonly kind: 'unavailable' }
  /** Lost against a concurrent transaction; trying again may work. */
  | { readonly kind: 'conflict' }
  /** A value that has to be unique is taken. */
  | ({ readonly kind: 'unique' } & Pick<ViolatedConstraint, 'columns'>)
  /** A row refers to one that does not exist, or is referred to by one that does. */
  | ({ readonly kind: 'reference' } & ViolatedConstraint)
  /** A value that the column's type or a constraint does not take. */
  | ({ readonly kind: 'unstorable' } & Pick<ViolatedConstraint, 'columns'>);

/** Where PostgreSQL has said nothing itself, by Prisma's code, the adapter's or that of the socket. */
const unavailable = new Set([
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'],
  ...['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'],
  ...['DatabaseDoesNotExist', 'DatabaseAccessDenied', 'AuthenticationFailed', 'TlsConnectionError'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'],
  // No descriptor is left for a connection.
  ...['EMFILE', 'ENFILE'],
]);
const conflict = new Set(['P2034', 'TransactionWriteConflict']);
const unique = new Set(['P2002', 'UniqueConstraintViolation']);
const unstorable = new Set(['P2000', 'P2007', 'P2020']);

/** What a rejected query, transaction or connection means, or undefined when the error is not the database's. */
export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  const chain = causes(error);
  const codes = chain.flatMap(codesOf);
  const state = codes.findLast(isSqlState);
  const kind = state === undefined ? kindByCode(codes, chain) : meaningOfState(state);
  if (kind === undefined || kind === 'unavailable' || kind === 'conflict') return kind && { kind };
  // What wraps PostgreSQL's error knows less than what is wrapped.
  const { columns, stillReferenced } = violatedConstraint(chain.findLast((link) => codesOf(link).length > 0) ?? {});
  return kind === 'reference' ? { kind, columns, stillReferenced } : { kind, columns };
}

/** PostgreSQL's code for what went wrong, however deep it is wrapped. */
export function sqlStateOf(error: unknown): string | undefined {
  return causes(error).flatMap(codesOf).findLast(isSqlState);
}

/** What PostgreSQL, or else the innermost error with a code, says in its first line. */
export function databaseMessage(error: unknown): string {
  const chain = causes(error);
  const link = chain.findLast((each) => codesOf(each).length > 0) ?? chain.at(-1) ?? {};
  const texts = [link['originalMessage'], link['message']].filter((text) => typeof text === 'string');
  return (texts[0] ?? '').trim().split('\n', 1)[0] ?? '';
}

function kindByCode(codes: readonly string[], chain: readonly Link[]): FailureKind | undefined {
  const has = (set: ReadonlySet<string>): boolean => codes.some((code) => set.has(code));
  if (has(conflict)) return 'conflict';
  if (has(unique)) return 'unique';
  if (has(unstorable)) return 'unstorable';
  return has(unavailable) || chain.some((link) => noConnection(link) || lostConnection(link))
    ? 'unavailable'
    : undefined;
}

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

/** Such as a socket that is not there while the server is stopped (ENOENT). */
function noConnection(link: Link): boolean {
  return link['syscall'] === 'connect' && typeof link['code'] === 'string';
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
