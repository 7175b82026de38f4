import type { Client } from 'pg';

/** A secret value that no other text contains. */
export interface Canary {
  readonly name: string;
  readonly secret: string;
}

/** A column that holds a secret in plain text. */
export interface SecretLeak {
  readonly place: string;
  readonly name: string;
}

interface Column {
  readonly place: string;
  readonly relation: string;
  readonly column: string;
  readonly isBytes: boolean;
}

/** Searches for plain-text secrets in every column of every table of a database, whatever its type. */
export async function leaksInDatabase(client: Client, canaries: readonly Canary[]): Promise<SecretLeak[]> {
  const { rows: columns } = await client.query<Column>(
    `SELECT format('%s.%s', table_name, column_name) AS place, format('%I.%I', table_schema, table_name) AS relation,
       format('%I', column_name) AS column, data_type = 'bytea' AS "isBytes"
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found: SecretLeak[] = [];
  for (const { place, relation, column, isBytes } of columns) {
    const holds = isBytes
      ? `position(convert_to(secret, 'UTF8') in ${column}) > 0`
      : `position(secret in ${column}::text) > 0`;
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM unnest($1::text[], $2::text[]) AS canary (name, secret)
       WHERE EXISTS (SELECT FROM ${relation} WHERE ${holds})`,
      [canaries.map(({ name }) => name), canaries.map(({ secret }) => secret)],
    );
    found.push(...rows.map(({ name }) => ({ place, name })));
  }
  return found;
}

/** The names of the secrets that a text holds in plain text. */
export function leaksIn(text: string, canaries: readonly Canary[]): string[] {
  return canaries.filter(({ secret }) => text.includes(secret)).map(({ name }) => name);
}
