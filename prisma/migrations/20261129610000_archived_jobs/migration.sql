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

-- Creates the partition of this month, deletes at most "at_most" jobs of the default partition that finished 30 days ago,
-- and drops partitions whose jobs all finished 30 days ago until they had "at_most" jobs. Returns the number of removed
-- jobs, an estimate for a partition with more than a million: the caller repeats it until it returns less than "at_most".
CREATE FUNCTION "archived_jobs_expire"("at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  expiry timestamptz := now() - interval '30 days';
  expired text[];
  counts integer[];
  has_younger boolean;
  total integer;
BEGIN
  -- Excludes other callers, which then find the partitions that are left; blocks no inserts.
  LOCK TABLE ONLY archived_jobs IN SHARE UPDATE EXCLUSIVE MODE;
  PERFORM create_month_partition('archived_jobs', date_trunc('month', now(), 'UTC'));
  SELECT array_agg(e.partition), array_agg(e.count) INTO expired, counts
    FROM expired_month_partitions('archived_jobs', 'finished_at', expiry, uuid_v7_bound(expiry), at_most) AS e;
  DELETE FROM archived_jobs_default WHERE id IN (
    SELECT id FROM archived_jobs_default WHERE finished_at < expiry ORDER BY finished_at LIMIT at_most
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS total = ROW_COUNT;
  IF expired IS NULL THEN
    RETURN total;
  END IF;
  -- Excludes the insertion of further jobs until the partitions have been dropped.
  LOCK TABLE ONLY archived_jobs IN ACCESS EXCLUSIVE MODE;
  FOR n IN 1..cardinality(expired) LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE finished_at >= $1)', expired[n]) INTO has_younger USING expiry;
    CONTINUE WHEN has_younger;
    EXECUTE format('DROP TABLE %I', expired[n]);
    total := total + counts[n];
  END LOOP;
  RETURN total;
END;
$$;

-- The function finds nothing but what is meant by its name, runs as its owner, and waits a short time for locks. Roles that
-- delete jobs may call it.
DO $$
DECLARE
  grantee oid;
BEGIN
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
SELECT "create_month_partition"('archived_jobs',
    (date_trunc('month', now(), 'UTC') AT TIME ZONE 'UTC' - n * interval '1 month') AT TIME ZONE 'UTC')
  FROM generate_series(0, 2) AS n;
