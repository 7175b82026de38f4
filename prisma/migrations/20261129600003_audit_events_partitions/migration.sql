SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- AlterTable
ALTER TABLE "audit_retention_runs" ADD COLUMN "partition" VARCHAR(63);

-- The partitions with the bounds of their ids. The first one has no lower bound, the default one has none.
CREATE FUNCTION "audit_events_partitions"()
RETURNS TABLE ("partition" text, "lower" uuid, "upper" uuid, "is_default" boolean) LANGUAGE sql STABLE AS $$
  SELECT c.relname::text, substring(b.bounds FROM 'FROM \(''([0-9a-f-]+)''')::uuid,
    substring(b.bounds FROM 'TO \(''([0-9a-f-]+)''')::uuid, b.bounds = 'DEFAULT'
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, pg_get_expr(c.relpartbound, c.oid) AS b (bounds)
  WHERE i.inhparent = 'audit_events'::regclass
$$;

CREATE FUNCTION "audit_events_has_partition"("month" timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM audit_events_partitions() AS p
    WHERE NOT p.is_default AND coalesce(p.lower <= uuid_v7_bound(month), true)
      AND coalesce(p.upper > uuid_v7_bound(month), true)
  )
$$;

-- Creates the partition of a month, which is attached without a lock that blocks inserts.
CREATE FUNCTION "audit_events_create_partition"("month" timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  next timestamptz := (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
  partition text := 'audit_events_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
BEGIN
  SELECT format('%I.%I', n.nspname, partition) INTO partition
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'audit_events'::regclass;
  EXECUTE format('CREATE TABLE %s (LIKE audit_events INCLUDING ALL EXCLUDING INDEXES)', partition);
  EXECUTE format(
    'CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON %s
       FOR EACH STATEMENT EXECUTE FUNCTION audit_events_prevent_change()', partition);
  EXECUTE format(
    'ALTER TABLE audit_events ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
    partition, uuid_v7_bound(month), uuid_v7_bound(next));
END;
$$;

-- Creates the missing partitions of this month and the next ones, at most 24, and returns their number. A month that has
-- events in the default partition is skipped, because they would have to be moved. The lock excludes other callers.
CREATE FUNCTION "audit_events_create_partitions"("ahead" integer DEFAULT 2) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  month timestamptz;
  created integer := 0;
BEGIN
  FOR month IN
    SELECT m AT TIME ZONE 'UTC'
    FROM generate_series(this_month, this_month + make_interval(months => least(ahead, 24)), interval '1 month') AS m
  LOOP
    CONTINUE WHEN audit_events_has_partition(month);
    LOCK TABLE audit_events IN SHARE UPDATE EXCLUSIVE MODE;
    CONTINUE WHEN audit_events_has_partition(month) OR EXISTS (
      SELECT FROM audit_events_default AS e
      WHERE e.id >= uuid_v7_bound(month)
        AND e.id < uuid_v7_bound((month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC')
    );
    PERFORM audit_events_create_partition(month);
    created := created + 1;
  END LOOP;
  RETURN created;
END;
$$;

-- Old events of the partitions without a lower bound are deleted in batches, for which one run is recorded; the run of a
-- dropped partition is only recorded.
CREATE OR REPLACE FUNCTION "audit_events_delete_expired"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  remaining integer := NEW."deleted";
  partition text;
  deleted integer;
BEGIN
  IF NEW."partition" IS NOT NULL THEN
    RETURN NEW;
  END IF;
  FOR partition IN SELECT p.partition FROM audit_events_partitions() AS p WHERE p.lower IS NULL LOOP
    EXECUTE format(
      'DELETE FROM %1$I WHERE id IN (
         SELECT id FROM %1$I WHERE at < $1 ORDER BY at, id LIMIT $2 FOR UPDATE SKIP LOCKED
       )', partition) USING NEW."before", remaining;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    remaining := remaining - deleted;
  END LOOP;
  NEW."deleted" := NEW."deleted" - remaining;
  RETURN CASE WHEN NEW."deleted" > 0 THEN NEW END;
END;
$$;

-- Drops the partitions whose events are all older, and deletes a batch of the others. A partition is dropped a day after
-- its last event may have expired, and not before all of its events are 30 days old. Their number is counted up to a
-- million, and an estimate above.
CREATE OR REPLACE FUNCTION "audit_events_expire"("older_than_days" integer, "at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  expiry timestamptz := now() - make_interval(days => older_than_days);
  drop_before timestamptz := least(expiry, now() - interval '30 days');
  name text;
  has_younger boolean;
  events integer;
  last uuid := uuid_v7_bound(drop_before - interval '24 hours');
  total integer := 0;
BEGIN
  IF EXISTS (SELECT FROM audit_events_partitions() AS p WHERE p.upper <= last) THEN
    -- Excludes other callers, which then find the partitions that are left.
    LOCK TABLE audit_events IN SHARE UPDATE EXCLUSIVE MODE;
  END IF;
  FOR name IN SELECT p.partition FROM audit_events_partitions() AS p WHERE p.upper <= last ORDER BY p.upper LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE at >= $1)', name) INTO has_younger USING drop_before;
    CONTINUE WHEN has_younger;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 1000001) AS counted', name) INTO events;
    IF events > 1000000 THEN
      SELECT greatest(events, c.reltuples::integer) INTO events FROM pg_class c WHERE c.oid = name::regclass;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    INSERT INTO audit_retention_runs (before, deleted, partition) VALUES (expiry, events, name);
    total := total + events;
  END LOOP;
  INSERT INTO audit_retention_runs (before, deleted) VALUES (expiry, at_most) RETURNING deleted INTO events;
  RETURN total + coalesce(events, 0);
END;
$$;

-- These functions find nothing but what is meant by their names. The two that the service calls run as their owner, and
-- wait a short time for locks. Roles that insert events may create partitions.
DO $$
DECLARE
  name regprocedure;
  grantee oid;
BEGIN
  FOR name IN
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'audit\_events\_%' AND p.proconfig IS NULL
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', name, current_schema());
  END LOOP;
  ALTER FUNCTION "audit_events_create_partitions"(integer) SET lock_timeout = '2s';
  ALTER FUNCTION "audit_events_expire"(integer, integer) SET lock_timeout = '2s';
  REVOKE EXECUTE ON FUNCTION "audit_events_create_partitions"(integer) FROM PUBLIC;
  FOR grantee IN
    SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'audit_events'::regclass AND a.privilege_type = 'INSERT' AND a.grantee <> 0
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION "audit_events_create_partitions"(integer) TO %s', grantee::regrole);
  END LOOP;
END;
$$;

SELECT "audit_events_create_partitions"();
