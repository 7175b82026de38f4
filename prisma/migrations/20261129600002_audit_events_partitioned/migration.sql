SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- audit_events becomes audit_events_initial, the first partition of a new audit_events. No row is read: the constraint
-- proves that they are within the bounds, and the indexes of the table become those of the partition.
DO $$
DECLARE
  bound uuid;
  indexes text[];
  grants aclitem[];
  each text;
  entry record;
BEGIN
  LOCK TABLE "audit_events" IN ACCESS EXCLUSIVE MODE;
  SELECT substring(pg_get_constraintdef(oid) FROM '[0-9a-f]{8}-[0-9a-f-]{27}')::uuid INTO STRICT bound
    FROM pg_constraint WHERE conrelid = 'audit_events'::regclass AND conname = 'audit_events_bound_check';
  SELECT array_agg(pg_get_indexdef(indexrelid)) INTO indexes
    FROM pg_index WHERE indrelid = 'audit_events'::regclass AND NOT indisprimary;
  SELECT relacl INTO grants FROM pg_class WHERE oid = 'audit_events'::regclass;

  ALTER TABLE "audit_events" RENAME TO "audit_events_initial";
  FOR each IN SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'audit_events_initial'::regclass
  LOOP
    EXECUTE format('ALTER INDEX %I RENAME TO %I', each, replace(each, 'audit_events_', 'audit_events_initial_'));
  END LOOP;
  DROP TRIGGER "audit_events_append_only" ON "audit_events_initial";
  DROP TRIGGER "audit_events_no_truncate" ON "audit_events_initial";

  CREATE TABLE "audit_events" (
    LIKE "audit_events_initial" INCLUDING ALL EXCLUDING INDEXES,
    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
  ) PARTITION BY RANGE ("id");
  ALTER TABLE "audit_events" DROP CONSTRAINT "audit_events_bound_check";
  FOREACH each IN ARRAY indexes LOOP
    EXECUTE each;
  END LOOP;

  EXECUTE format(
    'ALTER TABLE "audit_events" ATTACH PARTITION "audit_events_initial" FOR VALUES FROM (MINVALUE) TO (%L)', bound);
  ALTER TABLE "audit_events_initial" DROP CONSTRAINT "audit_events_bound_check";
  CREATE TABLE IF NOT EXISTS "audit_events_default" (LIKE "audit_events" INCLUDING ALL EXCLUDING INDEXES);
  ALTER TABLE "audit_events" ATTACH PARTITION "audit_events_default" DEFAULT;

  -- The privileges of the table, instead of those that new tables have by default.
  FOR entry IN
    SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'audit_events'::regclass AND a.grantee <> c.relowner
  LOOP
    EXECUTE format('REVOKE ALL ON "audit_events" FROM %s',
      CASE entry.grantee WHEN 0 THEN 'PUBLIC' ELSE entry.grantee::regrole::text END);
  END LOOP;
  FOR entry IN SELECT * FROM aclexplode(grants) LOOP
    EXECUTE format('GRANT %s ON "audit_events" TO %s %s', entry.privilege_type,
      CASE entry.grantee WHEN 0 THEN 'PUBLIC' ELSE entry.grantee::regrole::text END,
      CASE WHEN entry.is_grantable THEN 'WITH GRANT OPTION' END);
  END LOOP;
END;
$$;

-- A row trigger of a partitioned table is one of each partition too; a trigger before TRUNCATE is not.
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events"
  FOR EACH ROW EXECUTE FUNCTION "audit_events_prevent_change"();
CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_prevent_change"();
CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events_initial"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_prevent_change"();
CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events_default"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_prevent_change"();

-- An event is later than the time of its id by a day at most, so that a list of recent events reads recent partitions
-- only. It holds for new events; those of the first partition are not checked.
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_id_check"
  CHECK ("id" >= uuid_v7_bound("at" - interval '24 hours')) NOT VALID;
