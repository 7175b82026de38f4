SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Finished jobs without artifacts, with their events, partitioned by the month of their ids. The default partition has
-- the jobs of months without a partition, and those whose ids are not of version 7.
CREATE TABLE "archived_jobs" (
    "id" UUID NOT NULL,
    "type" VARCHAR(64) NOT NULL,
    "queue" VARCHAR(16) NOT NULL,
    "owner_id" UUID,
    "payload" JSONB NOT NULL,
    "state" VARCHAR(12) NOT NULL,
    "priority" SMALLINT NOT NULL,
    "limited_by" VARCHAR(64),
    "deduplication_key" VARCHAR(128),
    "delivery_no" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL,
    "max_attempts" INTEGER NOT NULL,
    "progress" JSONB,
    "result" JSONB,
    "error" JSONB,
    "event_seq" INTEGER NOT NULL,
    "request_id" VARCHAR(64),
    "traceparent" VARCHAR(64),
    "schedule_id" UUID,
    "scheduled_for" TIMESTAMPTZ(6),
    "run_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6) NOT NULL,
    "events" JSONB NOT NULL,

    CONSTRAINT "archived_jobs_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "archived_jobs_state_check" CHECK ("state" IN ('succeeded', 'dead', 'cancelled'))
) PARTITION BY RANGE ("id");

CREATE TABLE "archived_jobs_default" PARTITION OF "archived_jobs" DEFAULT;

-- CreateIndex
CREATE INDEX "archived_jobs_state_idx" ON "archived_jobs"("state", "created_at", "id");

-- CreateIndex
CREATE INDEX "archived_jobs_finished_idx" ON "archived_jobs"("finished_at");

-- The indexes of the lists of jobs.
CREATE INDEX "archived_jobs_owner_list_idx" ON "archived_jobs" (hashtextextended("owner_id"::text || ' ' || "state", 0), "created_at", "id")
  WHERE "owner_id" IS NOT NULL;
CREATE INDEX "archived_jobs_type_list_idx" ON "archived_jobs" (hashtextextended("type" || ' ' || "state", 0), "created_at", "id");
CREATE INDEX "archived_jobs_owner_type_list_idx" ON "archived_jobs" (hashtextextended("owner_id"::text || ' ' || "type" || ' ' || "state", 0), "created_at", "id")
  WHERE "owner_id" IS NOT NULL;
CREATE INDEX "archived_jobs_dead_idx" ON "archived_jobs" ("finished_at", "id") WHERE "state" = 'dead';

-- Creates the partition of a month unless it exists, or the default partition has jobs of that month, which would have to
-- be moved. The lock excludes other callers, and blocks no inserts.
CREATE FUNCTION "archived_jobs_create_partition"("month" timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := 'archived_jobs_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
  lower uuid := uuid_v7_bound(month);
  upper uuid := uuid_v7_bound((month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  LOCK TABLE ONLY archived_jobs IN SHARE UPDATE EXCLUSIVE MODE;
  IF to_regclass(name) IS NOT NULL OR EXISTS (SELECT FROM archived_jobs_default WHERE id >= lower AND id < upper) THEN
    RETURN;
  END IF;
  SELECT format('%I.%I', n.nspname, name) INTO name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'archived_jobs'::regclass;
  EXECUTE format('CREATE TABLE %s (LIKE archived_jobs INCLUDING ALL EXCLUDING INDEXES)', name);
  EXECUTE format('ALTER TABLE archived_jobs ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', name, lower, upper);
END;
$$;

-- Creates the partition of this month, drops the partitions whose jobs all finished 30 days ago, and deletes at most
-- `at_most` such jobs of the default partition. Returns the number of removed jobs, an estimate for a partition with
-- more than a million.
CREATE FUNCTION "archived_jobs_expire"("at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  expiry timestamptz := now() - interval '30 days';
  name text;
  has_younger boolean;
  removed integer;
  total integer := 0;
BEGIN
  -- Excludes other callers, which then find the partitions that are left; blocks no inserts.
  LOCK TABLE ONLY archived_jobs IN SHARE UPDATE EXCLUSIVE MODE;
  PERFORM archived_jobs_create_partition(date_trunc('month', now(), 'UTC'));
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'archived_jobs'::regclass
      AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([0-9a-f-]+)''')::uuid <= uuid_v7_bound(expiry)
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE finished_at >= $1)', name) INTO has_younger USING expiry;
    CONTINUE WHEN has_younger;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 1000001) AS counted', name) INTO removed;
    IF removed > 1000000 THEN
      SELECT greatest(removed, c.reltuples::integer) INTO removed FROM pg_class c WHERE c.oid = name::regclass;
    END IF;
    -- Excludes the insertion of further jobs until the partition has been dropped.
    LOCK TABLE ONLY archived_jobs IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE finished_at >= $1)', name) INTO has_younger USING expiry;
    CONTINUE WHEN has_younger;
    EXECUTE format('DROP TABLE %I', name);
    total := total + removed;
  END LOOP;
  DELETE FROM archived_jobs_default WHERE id IN (
    SELECT id FROM archived_jobs_default WHERE finished_at < expiry ORDER BY finished_at LIMIT at_most
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN total + removed;
END;
$$;

-- These functions find nothing but what is meant by their names. The one that the service calls runs as its owner, and
-- waits a short time for locks. Roles that delete jobs may call it.
DO $$
DECLARE
  grantee oid;
BEGIN
  EXECUTE format('ALTER FUNCTION archived_jobs_create_partition(timestamptz) SET search_path = pg_catalog, %I, pg_temp',
    current_schema());
  EXECUTE format('ALTER FUNCTION archived_jobs_expire(integer) SET search_path = pg_catalog, %I, pg_temp',
    current_schema());
  ALTER FUNCTION "archived_jobs_expire"(integer) SET lock_timeout = '2s';
  REVOKE EXECUTE ON FUNCTION "archived_jobs_expire"(integer) FROM PUBLIC;
  FOR grantee IN
    SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'jobs'::regclass AND a.privilege_type = 'DELETE' AND a.grantee <> 0
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION "archived_jobs_expire"(integer) TO %s', grantee::regrole);
  END LOOP;
END;
$$;

-- The months of the jobs that are in the table now, but for those that were scheduled long before.
SELECT "archived_jobs_create_partition"((date_trunc('month', now(), 'UTC') AT TIME ZONE 'UTC' - n * interval '1 month') AT TIME ZONE 'UTC')
  FROM generate_series(0, 2) AS n;
