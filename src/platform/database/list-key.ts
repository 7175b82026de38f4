import { Prisma } from './generated/client.ts';
import type { KeysetRequest, SortOrder } from './keyset.ts';
import { keysetClauses, sorted } from './keyset.ts';

/** Rows with given values in some columns, and with one of a few values in another. */
export interface KeyedRows {
  readonly table: Prisma.Sql;
  /** In the order of their index. Columns and values are text. */
  readonly filters: readonly { readonly column: Prisma.Sql; readonly value: Prisma.Sql }[];
  /** A column with few distinct values, and the requested values. */
  readonly each: { readonly column: Prisma.Sql; readonly values: readonly string[] };
  /** The remaining conditions. */
  readonly conditions: Prisma.Sql;
}

/**
 * `FROM … ORDER BY … LIMIT n + 1` for a list with optional filters on several columns, for any distribution of values.
 *
 * Each combination of filters has its own index: a hash of the values, then the columns of the order. No other index
 * matches the expression. With an index per column, or on plain columns, PostgreSQL estimates the number of rows as if
 * the columns were independent: it searches all failed jobs for those of an owner who has none of them but a million
 * others. The column with few values needs no further indexes: without a filter on it, one page per value is read.
 *
 * Plan it on each execution: all rows of a rare hash are read and sorted, of a frequent one only a page.
 *
 * @param tables the rows of one table, or of several with these columns
 */
export function keyedPage(
  tables: readonly KeyedRows[],
  order: SortOrder,
  request: KeysetRequest,
  columns = Prisma.sql`*`,
): Prisma.Sql {
  const pages = tables.flatMap((rows) =>
    rows.each.values.map(
      (value) => Prisma.sql`(
      SELECT ${columns} FROM ${rows.table} WHERE ${hasKey(rows, value)} AND (${rows.conditions})
      ${keysetClauses(order, request)})`,
    ),
  );
  return Prisma.sql`FROM (${Prisma.join(pages, ' UNION ALL ')}) AS found ${sorted(order, request)}`;
}

/** `FROM …` for all rows of such a list, unordered, with these columns. */
export function keyedRows(tables: readonly KeyedRows[], columns: Prisma.Sql = Prisma.empty): Prisma.Sql {
  const parts = tables.flatMap((rows) =>
    rows.each.values.map(
      (value) => Prisma.sql`SELECT ${columns} FROM ${rows.table} WHERE ${hasKey(rows, value)} AND (${rows.conditions})`,
    ),
  );
  return Prisma.sql`FROM (${Prisma.join(parts, ' UNION ALL ')}) AS found`;
}

function hasKey({ filters, each }: KeyedRows, value: string): Prisma.Sql {
  if (filters.length === 0) return Prisma.sql`${each.column} = ${value}`;
  const separator = " || ' ' || ";
  const columns = Prisma.join([...filters.map(({ column }) => column), each.column], separator);
  const values = Prisma.join([...filters.map((filter) => filter.value), Prisma.sql`${value}::text`], separator);
  // Hashes may collide. For the operator `=` instead of texteq, the planner would estimate one row in 200.
  return Prisma.sql`hashtextextended(${columns}, 0) = hashtextextended(${values}, 0) AND texteq(${columns}, ${values})`;
}
