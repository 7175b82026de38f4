import type { Query } from './query.ts';
import { textIn } from './query.ts';

/** The tables and functions of one schema, and the privileges that the service needs on them. */
export interface NeededRights {
  readonly schema: string;
  /** A table that exists once the schema is migrated; objects with the same owner belong to the service. */
  readonly madeWith: string;
  /** Tables that need other privileges than SELECT, INSERT, UPDATE and DELETE, and these privileges. */
  readonly exceptions: Readonly<Record<string, readonly string[]>>;
  /** Functions that the service does not call. */
  readonly uncalled?: readonly string[];
}

/**
 * Migrated objects have the owner of the table of migrations; the schema may also contain objects of other owners and
 * of extensions. Trigger functions need no privilege to run, and partitions none besides those of their table.
 */
const missingSql = `
  WITH made AS (
    SELECT n.oid AS schema, c.relowner AS owner FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
    WHERE n.nspname = $1 AND c.relname = $2
  ), needed AS (
    SELECT c.oid, c.relname::text AS name, privilege FROM made
    JOIN pg_class c ON c.relnamespace = made.schema AND c.relowner = made.owner AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition
    CROSS JOIN LATERAL json_array_elements_text(
      coalesce($3::json -> c.relname::text, '["SELECT", "INSERT", "UPDATE", "DELETE"]')) AS privilege
    WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  )
  SELECT 'USAGE on schema ' || nspname AS lacking FROM pg_namespace
  WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'USAGE')
  UNION ALL
  SELECT string_agg(privilege, ', ') || ' on ' || name FROM needed
  WHERE NOT has_table_privilege(oid, privilege) GROUP BY name
  UNION ALL
  SELECT 'USAGE on sequence ' || c.relname FROM made
  JOIN pg_class c ON c.relnamespace = made.schema AND c.relowner = made.owner
  WHERE CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE') END
  UNION ALL
  SELECT 'EXECUTE on function ' || p.proname FROM made
  JOIN pg_proc p ON p.pronamespace = made.schema AND p.proowner = made.owner AND p.prorettype <> 'trigger'::regtype
  WHERE p.proname <> ALL ($4::text[]) AND NOT has_function_privilege(p.oid, 'EXECUTE')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`;

/** The privileges that the role lacks, such as `INSERT, UPDATE on jobs`; empty before the first migration. */
export async function missingRights(query: Query, needed: NeededRights): Promise<readonly string[]> {
  const { schema, madeWith, exceptions, uncalled = [] } = needed;
  const rows = await query(missingSql, [schema, madeWith, JSON.stringify(exceptions), uncalled]);
  return rows.map((row) => textIn(row, 'lacking') ?? '');
}
