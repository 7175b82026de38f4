import { Prisma } from './generated/client.ts';

/** Which rows of a sorted list are wanted: `limit` of them, beyond the row with these sort values. */
export interface KeysetRequest {
  readonly limit: number;
  /** So many rows are passed over, of a list that is known to be small; it costs as much as reading them. */
  readonly skip?: number;
  /** Sort values of the row beside the page, as text, or none for the list's own beginning or end; absent for the first page. */
  readonly from?: { readonly keys: readonly string[]; readonly direction: 'next' | 'prev' };
}

/** The rows of one page, in list order, and whether the list goes on beyond them in the direction walked. */
export interface Slice<Row> {
  readonly rows: readonly Row[];
  readonly more: boolean;
}

/** The columns of a sort, last one unique, with the types their text form is read back as. */
export interface SortOrder {
  readonly columns: readonly { readonly sql: Prisma.Sql; readonly type: Prisma.Sql }[];
  readonly descending: boolean;
}

/** By a time, and by id among rows of the same time. */
export function byTime(time: Prisma.Sql, descending: boolean): SortOrder {
  const columns = [
    { sql: time, type: Prisma.sql`timestamptz` },
    { sql: Prisma.sql`id`, type: Prisma.sql`uuid` },
  ];
  return { columns, descending };
}

/** The values that rows are sorted by then. The time is text that loses no microsecond (a JavaScript Date would). */
export function keysByTime(time: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`ARRAY[to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), id::text] AS keys`;
}

/**
 * `AND (a, id) > ($1, $2) ORDER BY a, id LIMIT n + 1`: a row-value comparison is one range of the index, whatever the
 * page, and does not need the row it names to be there still. One row more than asked for tells whether there is more.
 */
export function keysetClauses(order: SortOrder, request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`${beyond(order, request)} ${sorted(order, request)}`;
}

/** One end of a range. */
export type Bound = 'lower' | 'upper';

/**
 * Which bound of a range on the sorted column is met by every row beyond the one that the request names, which met it: it is
 * not to be asked for again, for a scan of the index may begin at it and pass over all the rows before the page.
 */
export function impliedBound(descending: boolean, request: KeysetRequest): Bound | undefined {
  if (request.from === undefined || request.from.keys.length === 0) return undefined;
  return descending !== (request.from.direction === 'prev') ? 'upper' : 'lower';
}

/** Cuts the extra row off and puts a page that was walked backwards into list order. */
export function slice<Row>(rows: readonly Row[], request: KeysetRequest): Slice<Row> {
  const page = rows.slice(0, request.limit);
  return {
    rows: request.from?.direction === 'prev' ? page.reverse() : page,
    more: rows.length > request.limit,
  };
}

function beyond(order: SortOrder, request: KeysetRequest): Prisma.Sql {
  const { from } = request;
  if (from === undefined || from.keys.length === 0) return Prisma.empty;
  const columns = Prisma.join(order.columns.map((column) => column.sql));
  const values = Prisma.join(order.columns.map(({ type }, at) => Prisma.sql`${from.keys[at]}::${type}`));
  return isDescending(order, request)
    ? Prisma.sql`AND (${columns}) < (${values})`
    : Prisma.sql`AND (${columns}) > (${values})`;
}

/** `ORDER BY a, id LIMIT n + 1`. */
export function sorted(order: SortOrder, request: KeysetRequest): Prisma.Sql {
  const direction = isDescending(order, request) ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const columns = Prisma.join(order.columns.map((column) => Prisma.sql`${column.sql} ${direction}`));
  const { limit, skip } = request;
  const range = Prisma.sql`ORDER BY ${columns} LIMIT ${limit + 1}`;
  return skip === undefined ? range : Prisma.sql`${range} OFFSET ${skip}`;
}

/** A page before another one is walked backwards. */
function isDescending({ descending }: SortOrder, { from }: KeysetRequest): boolean {
  return descending !== (from?.direction === 'prev');
}
