/** Runs one statement and returns its rows. */
export type Query = (sql: string, values?: unknown[]) => Promise<readonly unknown[]>;

/** A `Query` on a client, or on any connection of a pool. */
export function queryOn(queryable: {
  query: (sql: string, values?: unknown[]) => Promise<{ readonly rows: unknown[] }>;
}): Query {
  return async (sql, values) => (await queryable.query(sql, values)).rows;
}

/** The text in a column of a row, or undefined when it is not text. */
export function textIn(row: unknown, column: string): string | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const value: unknown = Reflect.get(row, column);
  return typeof value === 'string' ? value : undefined;
}
