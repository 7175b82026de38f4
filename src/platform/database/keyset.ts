import { Prisma } from './generated/client.ts';

/** A page of a sorted list: `limit` rows after the row with these sort values. */
export interface KeysetRequest {
  readonly limit: number;
  /** Rows to skip, for lists that are known to be small: skipping costs as much as reading. */
  readonly skip?: number;
  /** Sort values of the row next to the page; empty for the start or end of the list; absent: first page. */
  readonly from?: { readonly keys: SortKeys; readonly direction: 'next' | 'prev' };
}

/** The values of a row in the sort columns, as text. */
export type SortKeys = readonly (string | null)[];

/** The rows of one page, in list order, and whether more follow in the direction that was read. */
export interface Slice<Row> {
  readonly rows: readonly Row[];
  readonly hasMore: boolean;
}

/** A column of a sort, with the type to which its text values are cast. */
export interface SortColumn {
  readonly sql: Prisma.Sql;
  readonly type: Prisma.Sql;
}

/** The columns of a sort, none of which is null (see nullable-keyset.ts), and the last one of which is unique. */
export interface SortOrder {
  readonly columns: readonly SortColumn[];
  readonly descending: boolean;
}

/** Sorts by a time, and by id among rows with the same time. */
export function byTime(time: Prisma.Sql, descending: boolean): SortOrder {
  const columns = [
    { sql: time, type: Prisma.sql`timestamptz` },
    { sql: Prisma.sql`id`, type: Prisma.sql`uuid` },
  ];
  return { columns, descending };
}

/** The sort values of `byTime`. The time is text, because a JavaScript Date would lose the microseconds. */
export function keysByTime(time: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`ARRAY[to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), id::text] AS keys`;
}

/**
 * `AND (a, id) > ($1, $2) ORDER BY a, id LIMIT n + 1`. A row-value comparison reads one range of the index on every
 * page, and the row that it names may have been deleted. The extra row shows whether more follow.
 */
export function keysetClauses(order: SortOrder, request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`${after(order, request)} ${sorted(order, request)}`;
}

/** Whether the rows of a page are read in descending order. */
export function readsDescending(descending: boolean, { from }: KeysetRequest): boolean {
  return descending !== (from?.direction === 'prev');
}

/** One end of a range. */
export type Bound = 'lower' | 'upper';

/**
 * The bound of a range filter on the sorted column that every row after the requested position meets. The statement
 * must omit it: an index scan might start at that bound and skip all rows before the page.
 */
export function impliedBound(descending: boolean, request: KeysetRequest): Bound | undefined {
  if (request.from === undefined || request.from.keys.length === 0) return undefined;
  return readsDescending(descending, request) ? 'upper' : 'lower';
}

/** Removes the extra row, and puts a page that was read backwards into list order. */
export function slice<Row>(rows: readonly Row[], request: KeysetRequest): Slice<Row> {
  const page = rows.slice(0, request.limit);
  return {
    rows: request.from?.direction === 'prev' ? page.reverse() : page,
    hasMore: rows.length > request.limit,
  };
}

/** `AND (a, id) > ($1, $2)`; empty at the start and at the end of the list. */
export function after(order: SortOrder, request: KeysetRequest): Prisma.Sql {
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
  return Prisma.sql`ORDER BY ${sortColumns(order, request)} ${limited(request)}`;
}

/** `a, id`, each with its direction. */
export function sortColumns(order: SortOrder, request: KeysetRequest): Prisma.Sql {
  const direction = isDescending(order, request) ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  return Prisma.join(order.columns.map((column) => Prisma.sql`${column.sql} ${direction}`));
}

/** `LIMIT n + 1`. */
export function limited({ limit, skip }: KeysetRequest): Prisma.Sql {
  const range = Prisma.sql`LIMIT ${limit + 1}`;
  return skip === undefined ? range : Prisma.sql`${range} OFFSET ${skip}`;
}

/** A previous page is read backwards. */
function isDescending({ descending }: SortOrder, { from }: KeysetRequest): boolean {
  return descending !== (from?.direction === 'prev');
}
