import { query } from './empty-database.ts';

/** The relations of a connection's schema, but for Prisma's table and what extensions own. */
const relations = `
  SELECT c.* FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relname !~ '^_prisma_migrations'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`;

const objectsSql = `
  WITH relation AS (${relations})
  SELECT 'relation ' || relname AS object,
    concat_ws(' ', relkind, relpersistence, relacl, reloptions, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid)) AS definition
  FROM relation WHERE relkind <> 'i'
  UNION ALL
  SELECT format('column %s.%s', relname, attname), concat_ws(' ', row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
    format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid), attacl)
  FROM relation JOIN pg_attribute a ON a.attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE relkind NOT IN ('i', 'I')
  UNION ALL
  SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid) || indisvalid
  FROM pg_index JOIN relation ON relation.oid = indexrelid
  UNION ALL
  SELECT format('constraint %s.%s', relname, conname), pg_get_constraintdef(c.oid) || convalidated
  FROM pg_constraint c JOIN relation ON relation.oid = conrelid
  UNION ALL
  SELECT format('trigger %s.%s', relname, tgname), pg_get_triggerdef(t.oid) || tgenabled::text
  FROM pg_trigger t JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
  UNION ALL
  SELECT 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid) || coalesce(proacl::text, '')
  FROM pg_proc p WHERE pronamespace = current_schema()::regnamespace AND prokind IN ('f', 'p')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  UNION ALL
  SELECT 'type ' || t.oid::regtype, string_agg(enumlabel, ' ' ORDER BY enumsortorder)
  FROM pg_type t JOIN pg_enum ON enumtypid = t.oid WHERE typnamespace = current_schema()::regnamespace GROUP BY t.oid
  ORDER BY 1, 2`;

/**
 * Every object of a schema with its definition, to compare two schemas: relations, columns, indexes, constraints, triggers,
 * functions and enums, with their privileges.
 */
export async function schemaObjects(url: string): Promise<Record<string, unknown>[]> {
  return await query(url, objectsSql);
}
