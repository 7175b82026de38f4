SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Four migrations partition audit_events by the month of its ids, without copying it: this one bounds the ids of the
-- table, the second one verifies that while the table is in use, the third one attaches it as the first partition, and the
-- fourth one adds the functions that create and drop partitions.

-- The least UUID of version 7 of a time, with zeros after the 48 bits of its milliseconds.
CREATE FUNCTION "uuid_v7_bound"("at" timestamptz) RETURNS uuid LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The bound is the first of a month, at least a month ahead: new events fit until the third migration is applied.
-- Events whose ids are beyond the bound were not written by the service, which uses UUIDs of version 7. They go into
-- the default partition.
DO $$
DECLARE
  bound uuid := uuid_v7_bound(
    (date_trunc('month', now() AT TIME ZONE 'UTC' + interval '1 month') + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
  LOCK TABLE "audit_events" IN ACCESS EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM "audit_events" WHERE "id" >= bound) THEN
    CREATE TABLE "audit_events_default" (LIKE "audit_events" INCLUDING ALL EXCLUDING INDEXES);
    ALTER TABLE "audit_events" DISABLE TRIGGER "audit_events_append_only";
    WITH moved AS (DELETE FROM "audit_events" WHERE "id" >= bound RETURNING *)
      INSERT INTO "audit_events_default" SELECT * FROM moved;
    ALTER TABLE "audit_events" ENABLE TRIGGER "audit_events_append_only";
  END IF;
  EXECUTE format(
    'ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_bound_check" CHECK ("id" < %L) NOT VALID', bound);
END;
$$;
