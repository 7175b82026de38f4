/** What a failed query means to whoever asked. */
export type DatabaseFailure =
  | { readonly kind: 'unavailable' }
  /** Lost against a concurrent transaction; trying again may work. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  /** A value that the column's type can't hold. */
  | { readonly kind: 'unstorable' };

const unavailable = new Set([
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'],
  ...['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'],
  ...['DatabaseDoesNotExist', 'DatabaseAccessDenied', 'AuthenticationFailed', 'TlsConnectionError'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'],
  ...['53300', '57P01', '57P02', '57P03', '57014', '25P03', '25P04', '3D000', '28P01'],
]);
const conflict = new Set(['40001', '40P01', '55P03', 'P2034', 'TransactionWriteConflict']);
const unique = new Set(['23505', 'P2002', 'UniqueConstraintViolation']);
const unstorable = new Set([
  '22001',
  '22003',
  '22007',
  '22008',
  '22009',
  '22P02',
  '22021',
  '22P05',
  'P2000',
  'P2007',
  'P2020',
  'P2039',
]);

/** What a rejected query, transaction or connection means, or undefined when the error is not the database's. */
export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  const chain = causes(error);
  const codes = chain.flatMap(codesOf);
  const has = (set: ReadonlySet<string>): boolean => codes.some((code) => set.has(code));
  if (has(conflict)) return { kind: 'conflict' };
  if (has(unique)) return { kind: 'unique', columns: chain.flatMap(columnsOf) };
  if (has(unstorable)) return { kind: 'unstorable' };
  if (has(unavailable) || codes.some((code) => /^08\w{3}$/.test(code)) || chain.some(lostConnection)) {
    return { kind: 'unavailable' };
  }
  return undefined;
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
