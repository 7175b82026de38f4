SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The sessions of a user that nobody has ended, in the order of their list.
CREATE INDEX "sessions_open_idx" ON "sessions" ("user_id", "created_at", "id") WHERE "killed_at" IS NULL;

-- The auditor's list by who did it, by what it was, and by how it ended.

-- CreateIndex
CREATE INDEX "audit_events_actor_id_at_id_idx" ON "audit_events"("actor_id", "at", "id");

-- CreateIndex
CREATE INDEX "audit_events_event_at_id_idx" ON "audit_events"("event", "at", "id");

-- CreateIndex
CREATE INDEX "audit_events_outcome_at_id_idx" ON "audit_events"("outcome", "at", "id");

-- CreateTable
CREATE TABLE "audit_expiries" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "before" TIMESTAMPTZ(6) NOT NULL,
    "deleted" INTEGER NOT NULL,

    CONSTRAINT "audit_expiries_pkey" PRIMARY KEY ("id")
);

-- Two things may be done to what was written to the audit trail, and only by the two functions below, which run as
-- triggers: pg_trigger_depth() is 1 for every statement that somebody sends, whatever it says and whatever is set, and 2
-- for theirs. So nobody who may only read and write rows gets past this. Whoever owns the table can, as they can drop
-- the trigger: run the service as another role than the owner, or ship the log lines elsewhere, where that matters.
CREATE OR REPLACE FUNCTION "audit_events_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 THEN
    IF TG_OP = 'DELETE' THEN
      IF OLD."at" < now() - interval '30 days' THEN
        RETURN OLD;
      END IF;
    ELSIF TG_OP = 'UPDATE' THEN
      IF NEW."ip" IS NULL AND NEW."user_agent" IS NULL
        AND to_jsonb(NEW) - '{ip,user_agent}'::text[] = to_jsonb(OLD) - '{ip,user_agent}'::text[]
      THEN
        RETURN NEW;
      END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = '42501';
END;
$$;

-- With users who are gone for good goes where they were: of what they did, and of what somebody unknown did to them. What
-- administrators did to them tells where those were, and stays. A trigger, so that no statement can forget it.
CREATE FUNCTION "audit_events_forget_users"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM gone
    WHERE e."actor_id" = gone."id" AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM gone
    WHERE e."subject_id" = gone."id" AND e."actor_id" IS NULL AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  RETURN NULL;
END;
$$;

CREATE TRIGGER "users_audit_forgotten" AFTER DELETE ON "users" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_forget_users"();

-- Old events go when it is written down that they do; a row for each time that any went. "deleted" comes in as the most
-- that may go, and stays as how many did.
CREATE FUNCTION "audit_events_delete_expired"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  DELETE FROM "audit_events" WHERE "id" IN (
    SELECT "id" FROM "audit_events" WHERE "at" < NEW."before" ORDER BY "at", "id" LIMIT NEW."deleted"
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS NEW."deleted" = ROW_COUNT;
  RETURN CASE WHEN NEW."deleted" > 0 THEN NEW END;
END;
$$;

CREATE TRIGGER "audit_expiries_delete_events" BEFORE INSERT ON "audit_expiries"
  FOR EACH ROW EXECUTE FUNCTION "audit_events_delete_expired"();

CREATE FUNCTION "audit_events_expire"("older_than_days" integer, "at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  gone integer;
BEGIN
  INSERT INTO "audit_expiries" ("before", "deleted") VALUES (now() - make_interval(days => older_than_days), at_most)
    RETURNING "deleted" INTO gone;
  RETURN coalesce(gone, 0);
END;
$$;

REVOKE EXECUTE ON FUNCTION "audit_events_expire"(integer, integer) FROM PUBLIC;

-- Functions that run as their owner find nothing but what was meant, whatever their caller has put in the way.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_events_forget_users()', 'audit_events_delete_expired()', 'audit_events_expire(integer, integer)'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', name, current_schema());
  END LOOP;
END;
$$;
