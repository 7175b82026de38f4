import { Prisma } from './generated/client.ts';
import type { KeysetRequest, SortColumn } from './keyset.ts';
import { after, limited, sortColumns, sorted } from './keyset.ts';

/**
 * A sort by a nullable column. It needs one ordinary index on the filtered columns, `nullable` and `others`, for both
 * directions and for nulls at either end.
 */
export interface NullableSortOrder {
  readonly nullable: SortColumn;
  /** The columns after it, none of which is null, and the last one of which is unique. */
  readonly others: readonly SortColumn[];
  readonly descending: boolean;
  /** The position of rows without a value, in ascending and in descending order. */
  readonly nulls: 'first' | 'last';
}

/** The rows of a list. */
export interface ListedRows {
  readonly table: Prisma.Sql;
  readonly conditions: Prisma.Sql;
}

/**
 * `FROM … ORDER BY … LIMIT n + 1` for a sort by a nullable column: `SELECT id, …, keys ${nullableKeysetPage(…)}`.
 *
 * A row-value comparison with null is null, and `(a, id) > ($1, $2) OR a IS NULL` reads all rows before the page. The
 * rows with a value and those without one are therefore two ranges of the index, of which a page reads at most n + 1
 * rows each; a page that begins in the second range reads only this one.
 *
 * A filter by a range of the nullable column excludes the rows without a value: use `keysetClauses` for such a list.
 */
export function nullableKeysetPage(rows: ListedRows, order: NullableSortOrder, request: KeysetRequest): Prisma.Sql {
  const { nullable, others, descending, nulls } = order;
  const all = { columns: [nullable, ...others], descending };
  const pages = rangesOf(order, request).map((isNull) => {
    const where = isNull
      ? Prisma.sql`${nullable.sql} IS NULL ${after({ columns: others, descending }, withinNulls(request))}`
      : Prisma.sql`${nullable.sql} IS NOT NULL ${after(all, withinValues(request))}`;
    // Also the nulls are sorted by all columns: the planner does not infer from IS NULL that the first is constant.
    return Prisma.sql`(
      SELECT * FROM ${rows.table} WHERE (${rows.conditions}) AND ${where} ${sorted(all, skippingNone(request))})`;
  });
  const nullsAhead = (nulls === 'first') !== isBackwards(request) ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  return Prisma.sql`FROM (${Prisma.join(pages, ' UNION ALL ')}) AS found
    ORDER BY (${nullable.sql} IS NULL) ${nullsAhead}, ${sortColumns(all, request)} ${limited(request)}`;
}

/** The ranges that the page may reach: true for the rows without a value, false for those with one. */
function rangesOf({ nulls }: NullableSortOrder, request: KeysetRequest): readonly boolean[] {
  const endsWithNulls = (nulls === 'last') !== isBackwards(request);
  const [key] = request.from?.keys ?? [];
  const isInSecond = key !== undefined && (key === null) === endsWithNulls;
  return isInSecond ? [endsWithNulls] : [!endsWithNulls, endsWithNulls];
}

/** The position among the rows without a value, whose keys are those of the other columns. */
function withinNulls({ from, ...page }: KeysetRequest): KeysetRequest {
  if (from === undefined) return page;
  const [key, ...keys] = from.keys;
  return { ...page, from: { ...from, keys: key === null ? keys : [] } };
}

/** The position among the rows with a value. */
function withinValues({ from, ...page }: KeysetRequest): KeysetRequest {
  if (from === undefined) return page;
  return { ...page, from: { ...from, keys: from.keys[0] === null ? [] : from.keys } };
}

/** Rows are skipped in the whole list, not in each range. */
function skippingNone({ skip = 0, limit, ...page }: KeysetRequest): KeysetRequest {
  return { ...page, limit: limit + skip };
}

function isBackwards({ from }: KeysetRequest): boolean {
  return from?.direction === 'prev';
}
