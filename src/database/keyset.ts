import { Prisma } from './generated/client.ts';

/** Which rows of a sorted list are wanted: `limit` of them, beyond the row with these sort values. */
export interface KeysetRequest {
  readonly limit: number;
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

/** A timestamp as text that loses no microsecond (a JavaScript Date would). */
export const microseconds = (column: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * `AND (a, id) > ($1, $2) ORDER BY a, id LIMIT n + 1`: a row-value comparison is one range of the index, whatever the
 * page, and does not need the row it names to be there still. One row more than asked for tells whether there is more.
 */
export function keysetClauses(order: SortOrder, request: KeysetRequest): Prisma.Sql {
  const backwards = request.from?.direction === 'prev';
  const descending = order.descending !== backwards;
  const columns = Prisma.join(order.columns.map((column) => column.sql));
  const sorted = Prisma.join(
    order.columns.map((column) => (descending ? Prisma.sql`${column.sql} DESC` : Prisma.sql`${column.sql} ASC`)),
  );
  return Prisma.sql`${beyond(order, request, columns, descending)} ORDER BY ${sorted} LIMIT ${request.limit + 1}`;
}

/** Cuts the extra row off and puts a page that was walked backwards into list order. */
export function slice<Row>(rows: readonly Row[], request: KeysetRequest): Slice<Row> {
  const page = rows.slice(0, request.limit);
  return {
    rows: request.from?.direction === 'prev' ? page.reverse() : page,
    more: rows.length > request.limit,
  };
}

function beyond(order: SortOrder, request: KeysetRequest, columns: Prisma.Sql, descending: boolean): Prisma.Sql {
  const { from } = request;
  if (from === undefined || from.keys.length === 0) return Prisma.empty;
  const values = Prisma.join(order.columns.map(({ type }, at) => Prisma.sql`${from.keys[at]}::${type}`));
  return descending ? Prisma.sql`AND (${columns}) < (${values})` : Prisma.sql`AND (${columns}) > (${values})`;
}
