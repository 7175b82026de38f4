SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Dropping a partition locks the partitioned table for everybody until the transaction ends. So partitions are dropped when
-- nothing else is left to do, and one call removes few of them: it is repeated until it returns less than "at_most".

-- Drops partitions whose events are all older until they had "at_most" events, and deletes a batch of the others. A
-- partition is dropped a day after its last event may have expired, and not before all of its events are 30 days old.
-- Their number is counted up to a million, and an estimate above.
CREATE OR REPLACE FUNCTION "audit_events_expire"("older_than_days" integer, "at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  expiry timestamptz := now() - make_interval(days => older_than_days);
  drop_before timestamptz := least(expiry, now() - interval '30 days');
  name text;
  expired text[] := '{}';
  has_younger boolean;
  events integer;
  last uuid := uuid_v7_bound(drop_before - interval '24 hours');
  total integer := 0;
BEGIN
  IF EXISTS (SELECT FROM audit_events_partitions() AS p WHERE p.upper <= last) THEN
    -- Excludes other callers, which then find the partitions that are left; waits for no VACUUM of a partition.
    LOCK TABLE ONLY audit_events IN SHARE UPDATE EXCLUSIVE MODE;
  END IF;
  FOR name IN SELECT p.partition FROM audit_events_partitions() AS p WHERE p.upper <= last ORDER BY p.upper LOOP
    EXIT WHEN total >= at_most;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE at >= $1)', name) INTO has_younger USING drop_before;
    CONTINUE WHEN has_younger;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 1000001) AS counted', name) INTO events;
    IF events > 1000000 THEN
      SELECT greatest(events, c.reltuples::integer) INTO events FROM pg_class c WHERE c.oid = name::regclass;
    END IF;
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

-- Creates the partition of this month, deletes at most "at_most" jobs of the default partition that finished 30 days ago,
-- and drops partitions whose jobs all finished 30 days ago until they had "at_most" jobs. Returns the number of removed
-- jobs, an estimate for a partition with more than a million.
CREATE OR REPLACE FUNCTION "archived_jobs_expire"("at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  expiry timestamptz := now() - interval '30 days';
  name text;
  expired text[] := '{}';
  counts integer[] := '{}';
  counted integer := 0;
  has_younger boolean;
  removed integer;
  total integer;
BEGIN
  -- Excludes other callers, which then find the partitions that are left; blocks no inserts.
  LOCK TABLE ONLY archived_jobs IN SHARE UPDATE EXCLUSIVE MODE;
  PERFORM archived_jobs_create_partition(date_trunc('month', now(), 'UTC'));
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'archived_jobs'::regclass
      AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([0-9a-f-]+)''')::uuid <= uuid_v7_bound(expiry)
    ORDER BY c.relname
  LOOP
    EXIT WHEN counted >= at_most;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE finished_at >= $1)', name) INTO has_younger USING expiry;
    CONTINUE WHEN has_younger;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 1000001) AS counted', name) INTO removed;
    IF removed > 1000000 THEN
      SELECT greatest(removed, c.reltuples::integer) INTO removed FROM pg_class c WHERE c.oid = name::regclass;
    END IF;
    expired := expired || name;
    counts := counts || removed;
    counted := counted + removed;
  END LOOP;
  DELETE FROM archived_jobs_default WHERE id IN (
    SELECT id FROM archived_jobs_default WHERE finished_at < expiry ORDER BY finished_at LIMIT at_most
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS total = ROW_COUNT;
  IF cardinality(expired) > 0 THEN
    -- Excludes the insertion of further jobs until the partitions have been dropped.
    LOCK TABLE ONLY archived_jobs IN ACCESS EXCLUSIVE MODE;
  END IF;
  FOR n IN 1..cardinality(expired) LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE finished_at >= $1)', expired[n]) INTO has_younger USING expiry;
    CONTINUE WHEN has_younger;
    EXECUTE format('DROP TABLE %I', expired[n]);
    total := total + counts[n];
  END LOOP;
  RETURN total;
END;
$$;

-- A replaced function loses its settings, and keeps its owner and its privileges.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION audit_events_expire(integer, integer) SET search_path = pg_catalog, %I, pg_temp',
    current_schema());
  EXECUTE format('ALTER FUNCTION archived_jobs_expire(integer) SET search_path = pg_catalog, %I, pg_temp',
    current_schema());
  ALTER FUNCTION "audit_events_expire"(integer, integer) SET lock_timeout = '2s';
  ALTER FUNCTION "archived_jobs_expire"(integer) SET lock_timeout = '2s';
END;
$$;
