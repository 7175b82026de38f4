import { Prisma } from './generated/client.ts';
import type { KeysetRequest, SortOrder } from './keyset.ts';
import { keysetClauses, sorted } from './keyset.ts';

/** Rows of a table that have certain values in some columns, and one of a few in another one. */
export interface KeyedRows {
  readonly table: Prisma.Sql;
  /** In the order that the index of these columns has them. Both sides are text. */
  readonly filters: readonly { readonly column: Prisma.Sql; readonly value: Prisma.Sql }[];
  /** A column that has few values, and those of them that are wanted. */
  readonly each: { readonly column: Prisma.Sql; readonly values: readonly string[] };
  /** What is left to be compared. */
  readonly conditions: Prisma.Sql;
}

/**
 * `FROM … ORDER BY … LIMIT n + 1` for a list that is filtered by any of several columns, whatever the rows are like.
 *
 * Each set of filters has an index of its own, which begins with a hash of the values and goes on with the order, and no
 * other index can serve it. With an index for each column, or on plain columns, PostgreSQL chooses by how many rows it
 * believes to match, as if the columns had nothing to do with each other: it looks for the failed jobs of somebody who has
 * none, but a million others, among all failed jobs. A filter by the column of few values needs no indexes either: without
 * it a page of each value is read.
 *
 * To be planned each time: of a hash that few rows have, all are read and sorted; of one that many have, only a page is.
 */
export function keyedPage(rows: KeyedRows, order: SortOrder, request: KeysetRequest): Prisma.Sql {
  const { table, each, conditions } = rows;
  const pages = each.values.map(
    (value) => Prisma.sql`(
      SELECT * FROM ${table} WHERE ${hasKey(rows, value)} AND ${conditions} ${keysetClauses(order, request)})`,
  );
  return Prisma.sql`FROM (${Prisma.join(pages, ' UNION ALL ')}) AS found ${sorted(order, request)}`;
}

/** `FROM …` for all rows of such a list, in no order. */
export function keyedRows(rows: KeyedRows): Prisma.Sql {
  const { table, each, conditions } = rows;
  const parts = each.values.map(
    (value) => Prisma.sql`SELECT FROM ${table} WHERE ${hasKey(rows, value)} AND ${conditions}`,
  );
  return Prisma.sql`FROM (${Prisma.join(parts, ' UNION ALL ')}) AS found`;
}

function hasKey({ filters, each }: KeyedRows, value: string): Prisma.Sql {
  if (filters.length === 0) return Prisma.sql`${each.column} = ${value}`;
  const separator = " || ' ' || ";
  const columns = Prisma.join([...filters.map(({ column }) => column), each.column], separator);
  const values = Prisma.join([...filters.map((filter) => filter.value), Prisma.sql`${value}::text`], separator);
  // Two keys may have one hash. The operator in place of the function would be believed to hold for one row in 200.
  return Prisma.sql`hashtextextended(${columns}, 0) = hashtextextended(${values}, 0) AND texteq(${columns}, ${values})`;
}
