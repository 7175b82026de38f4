SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- With a user who is gone for good the audit trail forgets where they were. Of somebody with a million events that is no
-- work for the statement that deletes the user: maintenance.reap moves "forgotten_until" on, a batch of events at a time,
-- and the events that it passes are blanked. What is left then is done when the user goes, as before.

-- AlterTable
ALTER TABLE "users" ADD COLUMN "forgotten_until" TIMESTAMPTZ(6);

-- A trigger, so that nothing is taken for forgotten that is not. The conditions are those of the lists' indexes.
CREATE FUNCTION "audit_events_forget_until"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW."deleted_at" IS NULL AND NEW."email_verified_at" IS NOT NULL THEN
    RAISE EXCEPTION 'the audit trail forgets nobody who may come back' USING ERRCODE = '42501';
  END IF;
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."actor_id"::text || ' ' || e."outcome", 0) = hashtextextended(NEW."id"::text || ' ' || o."outcome", 0)
      AND e."actor_id" = NEW."id" AND e."at" > coalesce(OLD."forgotten_until", '-infinity')
      AND e."at" <= NEW."forgotten_until" AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."subject_id"::text || ' ' || e."outcome", 0) = hashtextextended(NEW."id"::text || ' ' || o."outcome", 0)
      AND e."subject_id" = NEW."id" AND e."at" > coalesce(OLD."forgotten_until", '-infinity')
      AND e."at" <= NEW."forgotten_until" AND e."actor_id" IS NULL AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  RETURN NULL;
END;
$$;

CREATE TRIGGER "users_audit_forgotten_until" AFTER UPDATE OF "forgotten_until" ON "users"
  FOR EACH ROW WHEN (NEW."forgotten_until" IS DISTINCT FROM OLD."forgotten_until")
  EXECUTE FUNCTION "audit_events_forget_until"();

CREATE OR REPLACE FUNCTION "audit_events_forget_users"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM gone, (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."actor_id"::text || ' ' || e."outcome", 0) = hashtextextended(gone."id"::text || ' ' || o."outcome", 0)
      AND e."actor_id" = gone."id" AND e."at" > coalesce(gone."forgotten_until", '-infinity')
      AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM gone, (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."subject_id"::text || ' ' || e."outcome", 0) = hashtextextended(gone."id"::text || ' ' || o."outcome", 0)
      AND e."subject_id" = gone."id" AND e."at" > coalesce(gone."forgotten_until", '-infinity')
      AND e."actor_id" IS NULL AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  RETURN NULL;
END;
$$;

-- As of the other functions that run as their owner: they find nothing but what was meant, and hang on no other table.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_events_forget_until()', 'audit_events_forget_users()'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', name, current_schema());
  END LOOP;
END;
$$;

REVOKE EXECUTE ON FUNCTION "audit_events_forget_until"() FROM PUBLIC;
