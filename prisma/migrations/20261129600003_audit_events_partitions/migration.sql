SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- AlterTable
ALTER TABLE "audit_retention_runs" ADD COLUMN "partition" VARCHAR(63);

-- The partitions of a table that is partitioned by the month of its ids, with the bounds of the ids. The first one may have no
-- lower bound, the default one has none.
CREATE FUNCTION "month_partitions"("parent" regclass)
RETURNS TABLE ("partition" text, "lower" uuid, "upper" uuid, "is_default" boolean) LANGUAGE sql STABLE AS $$
  SELECT c.relname::text, substring(b.bounds FROM 'FROM \(''([0-9a-f-]+)''')::uuid,
    substring(b.bounds FROM 'TO \(''([0-9a-f-]+)''')::uuid, b.bounds = 'DEFAULT'
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, pg_get_expr(c.relpartbound, c.oid) AS b (bounds)
  WHERE i.inhparent = parent
$$;

CREATE FUNCTION "has_month_partition"("parent" regclass, "month" timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM month_partitions(parent) AS p
    WHERE NOT p.is_default AND coalesce(p.lower <= uuid_v7_bound(month), true) AND p.upper > uuid_v7_bound(month)
  )
$$;

-- Creates the partition of a month, and returns its qualified name: null if there is one, or the default partition has rows of
-- the month, which would have to be moved. The lock excludes other callers, and blocks neither inserts nor a VACUUM.
CREATE FUNCTION "create_month_partition"("parent" regclass, "month" timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  next timestamptz := (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
  name text;
  default_name text;
  has_rows boolean;
BEGIN
  IF has_month_partition(parent, month) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', parent);
  SELECT format('%I.%I', n.nspname, c.relname || to_char(month AT TIME ZONE 'UTC', '"_"YYYYMM')),
      format('%I.%I', n.nspname, c.relname || '_default')
    INTO name, default_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = parent;
  EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE id >= $1 AND id < $2)', default_name)
    INTO has_rows USING uuid_v7_bound(month), uuid_v7_bound(next);
  IF has_rows OR has_month_partition(parent, month) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', name, parent);
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
    parent, name, uuid_v7_bound(month), uuid_v7_bound(next));
  RETURN name;
END;
$$;

-- The partitions with ids below "upper_bound" in which no row has a "time_column" of "time" or later, the oldest first, until
-- they have "at_most" rows. Their rows are counted up to a million, and estimated above.
CREATE FUNCTION "expired_month_partitions"(
  "parent" regclass, "time_column" text, "time" timestamptz, "upper_bound" uuid, "at_most" integer
) RETURNS TABLE ("partition" text, "count" integer) LANGUAGE plpgsql STABLE AS $$
DECLARE
  total integer := 0;
  has_younger boolean;
BEGIN
  FOR partition IN SELECT p.partition FROM month_partitions(parent) AS p WHERE p.upper <= upper_bound ORDER BY p.upper LOOP
    EXIT WHEN total >= at_most;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= $1)', partition, time_column) INTO has_younger USING time;
    CONTINUE WHEN has_younger;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 1000001) AS counted', partition) INTO count;
    IF count > 1000000 THEN
      SELECT greatest(count, c.reltuples::integer) INTO count FROM pg_class c WHERE c.oid = partition::regclass;
    END IF;
    total := total + count;
    RETURN NEXT;
  END LOOP;
END;
$$;

-- Creates the partition of a month unless it exists, and returns whether it has done so.
CREATE FUNCTION "audit_events_create_partition"("month" timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  name text := create_month_partition('audit_events', month);
BEGIN
  IF name IS NOT NULL THEN
    EXECUTE format(
      'CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION audit_events_prevent_change()', name);
  END IF;
  RETURN name IS NOT NULL;
END;
$$;

-- Creates the missing partitions of this month and the next ones, at most 24, and returns their number.
CREATE FUNCTION "audit_events_create_partitions"("ahead" integer DEFAULT 2) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  SELECT count(*) FILTER (WHERE audit_events_create_partition(month AT TIME ZONE 'UTC'))::integer
  FROM date_trunc('month', now() AT TIME ZONE 'UTC') AS this (month_start),
    generate_series(month_start, month_start + make_interval(months => least(ahead, 24)), interval '1 month') AS month
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
  FOR partition IN SELECT p.partition FROM month_partitions('audit_events') AS p WHERE p.lower IS NULL LOOP
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

-- Drops partitions whose events are all older until they had "at_most" events, and deletes a batch of the others: the caller
-- repeats it until it returns less. A partition is dropped a day after its last event may have expired, and not before all of
-- its events are 30 days old; last, because dropping locks the whole table until the transaction ends.
CREATE OR REPLACE FUNCTION "audit_events_expire"("older_than_days" integer, "at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  expiry timestamptz := now() - make_interval(days => older_than_days);
  drop_before timestamptz := least(expiry, now() - interval '30 days');
  last uuid := uuid_v7_bound(drop_before - interval '24 hours');
  name text;
  expired text[] := '{}';
  events integer;
  total integer := 0;
BEGIN
  IF EXISTS (SELECT FROM month_partitions('audit_events') AS p WHERE p.upper <= last) THEN
    -- Excludes other callers, which then find the partitions that are left; waits for no VACUUM of a partition.
    LOCK TABLE ONLY audit_events IN SHARE UPDATE EXCLUSIVE MODE;
  END IF;
  FOR name, events IN SELECT * FROM expired_month_partitions('audit_events', 'at', drop_before, last, at_most) LOOP
    INSERT INTO audit_retention_runs (before, deleted, partition) VALUES (expiry, events, name);
    expired := expired || name;
    total := total + events;
  END LOOP;
  INSERT INTO audit_retention_runs (before, deleted) VALUES (expiry, at_most) RETURNING deleted INTO events;
  FOREACH name IN ARRAY expired LOOP
    EXECUTE format('DROP TABLE %I', name);
  END LOOP;
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
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname ~ '^audit_events_|month_partition' AND p.proconfig IS NULL
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
