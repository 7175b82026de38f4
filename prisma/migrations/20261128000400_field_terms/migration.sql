SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Renames tables, columns, indexes, functions and triggers to the terms of docs/GLOSSARY.md. Processes of an earlier version
-- cannot use the database afterwards: stop them first.

-- Sessions and refresh tokens
ALTER TABLE "sessions" RENAME COLUMN "killed_at" TO "revoked_at";
ALTER TABLE "sessions" RENAME COLUMN "killed_reason" TO "revoked_reason";
ALTER TABLE "refresh_tokens" RENAME COLUMN "sealed_child" TO "encrypted_successor";
ALTER TABLE "signing_keys" RENAME COLUMN "sealed_private_key" TO "encrypted_private_key";

-- One-time tokens
ALTER TABLE "mailed_tokens" RENAME TO "one_time_tokens";
ALTER TABLE "one_time_tokens" RENAME COLUMN "address" TO "email";
ALTER TABLE "one_time_tokens" RENAME COLUMN "sealed_token" TO "encrypted_token";
ALTER TABLE "one_time_tokens" RENAME COLUMN "voided_at" TO "revoked_at";
ALTER TABLE "one_time_tokens" RENAME CONSTRAINT "mailed_tokens_pkey" TO "one_time_tokens_pkey";
ALTER TABLE "one_time_tokens" RENAME CONSTRAINT "mailed_tokens_user_id_fkey" TO "one_time_tokens_user_id_fkey";
ALTER INDEX "mailed_tokens_token_hash_key" RENAME TO "one_time_tokens_token_hash_key";
ALTER INDEX "mailed_tokens_user_id_purpose_idx" RENAME TO "one_time_tokens_user_id_purpose_idx";
ALTER INDEX "mailed_tokens_ended_idx" RENAME TO "one_time_tokens_ended_idx";
ALTER INDEX "mailed_tokens_open_idx" RENAME TO "one_time_tokens_usable_idx";
ALTER TABLE "mails" RENAME COLUMN "mailed_token_id" TO "one_time_token_id";
ALTER TABLE "mails" RENAME CONSTRAINT "mails_mailed_token_id_fkey" TO "mails_one_time_token_id_fkey";
ALTER INDEX "mails_mailed_token_idx" RENAME TO "mails_one_time_token_idx";

-- Login throttling
ALTER TABLE "attempt_buckets" RENAME TO "rate_limit_buckets";
ALTER TABLE "rate_limit_buckets" RENAME COLUMN "open" TO "in_flight";
ALTER TABLE "rate_limit_buckets" RENAME COLUMN "told_until" TO "notified_until";
ALTER TABLE "rate_limit_buckets" RENAME COLUMN "ends_at" TO "expires_at";
ALTER TABLE "rate_limit_buckets" RENAME CONSTRAINT "attempt_buckets_pkey" TO "rate_limit_buckets_pkey";
ALTER TABLE "rate_limit_buckets" RENAME CONSTRAINT "attempt_buckets_failures_check" TO "rate_limit_buckets_failures_check";
ALTER INDEX "attempt_buckets_ends_at_idx" RENAME TO "rate_limit_buckets_expires_at_idx";
ALTER FUNCTION "attempts_verdict" RENAME TO "rate_limit_verdict";
ALTER FUNCTION "attempts_reserve" RENAME TO "rate_limit_reserve";
ALTER FUNCTION "attempts_settle" RENAME TO "rate_limit_settle";
ALTER FUNCTION "attempts_without" RENAME TO "rate_limit_without";

CREATE OR REPLACE FUNCTION "rate_limit_verdict"("b" "rate_limit_buckets", "at" timestamptz, "most" integer, "pause" integer, "longest" integer,
  OUT "state" text, OUT "until" timestamptz)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  ended boolean := b.expires_at <= at;
  fresh integer := (SELECT count(*) FROM unnest(b.in_flight) AS o WHERE o > at - interval '10 seconds');
  failed integer := CASE WHEN ended THEN 0 ELSE b.failures + cardinality(b.in_flight) - fresh END;
BEGIN
  state := 'free';
  IF most IS NULL THEN RETURN; END IF;
  IF failed + fresh >= most THEN state := CASE WHEN fresh > 0 THEN 'busy' ELSE 'free' END; END IF;
  IF failed < most THEN RETURN; END IF;
  until := CASE WHEN pause = 0 THEN b.expires_at ELSE
    greatest(b.last_at, (SELECT max(o) FROM unnest(b.in_flight) AS o WHERE o <= at - interval '10 seconds'))
      + make_interval(secs => least(longest::numeric, pause * 2::numeric ^ least(failed - most, 30))::integer) END;
  IF until > at THEN state := 'full'; ELSE until := NULL; END IF;
END $$;

CREATE OR REPLACE FUNCTION "rate_limit_reserve"("of_keys" text[], "limits" integer[], "windows" integer[], "pauses" integer[],
  "longests" integer[], "counts" boolean)
RETURNS TABLE ("state" text, "bucket" integer, "seconds" integer, "news" boolean, "reserved" text)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  at timestamptz := clock_timestamp();
  until timestamptz;
  of_key text;
BEGIN
  FOR pass IN 1..CASE WHEN counts IS NULL THEN 1 ELSE 2 END LOOP
    IF pass = 2 THEN
      FOR of_key IN SELECT k FROM unnest(of_keys) AS k ORDER BY k COLLATE "C" LOOP
        LOOP
          INSERT INTO rate_limit_buckets (key, expires_at) VALUES (of_key, '-infinity') ON CONFLICT (key) DO NOTHING;
          PERFORM FROM rate_limit_buckets AS b WHERE b.key = of_key FOR UPDATE;
          -- Else somebody has deleted it in between.
          EXIT WHEN FOUND;
        END LOOP;
      END LOOP;
      at := clock_timestamp();
    END IF;
    SELECT v.state, r.n, v.until INTO state, bucket, until
    FROM unnest(of_keys, limits, pauses, longests) WITH ORDINALITY AS r (key, most, pause, longest, n)
    JOIN rate_limit_buckets AS b ON b.key = r.key, rate_limit_verdict(b, at, r.most, r.pause, r.longest) AS v
    WHERE v.state <> 'free' ORDER BY v.state = 'full' DESC, v.until DESC LIMIT 1;
    EXIT WHEN FOUND;
  END LOOP;
  news := false;
  IF state IS NULL AND counts IS NULL THEN
    state := 'free';
  ELSIF state IS NULL THEN
    UPDATE rate_limit_buckets AS b SET
      failures = CASE WHEN b.expires_at <= at THEN 0 ELSE b.failures END + counts::integer,
      in_flight = ARRAY(SELECT o FROM unnest(b.in_flight) AS o WHERE b.expires_at > at OR o > at - interval '10 seconds')
        || CASE WHEN counts THEN '{}' ELSE ARRAY[at] END,
      last_at = CASE WHEN counts THEN at ELSE b.last_at END,
      expires_at = CASE WHEN b.expires_at <= at THEN at + make_interval(secs => r.span) ELSE b.expires_at END
    FROM unnest(of_keys, windows) AS r (key, span) WHERE b.key = r.key;
    state := 'free';
    reserved := at::text;
  ELSE
    IF state = 'full' THEN
      seconds := ceil(extract(epoch FROM until - at));
      UPDATE rate_limit_buckets AS b SET notified_until = until
      WHERE b.key = of_keys[bucket] AND b.notified_until IS DISTINCT FROM until;
      news := FOUND;
    END IF;
    -- Those that were made to be locked.
    DELETE FROM rate_limit_buckets AS b WHERE b.key = ANY (of_keys) AND b.expires_at = '-infinity';
  END IF;
  RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION "rate_limit_settle"("of_keys" text[], "windows" integer[], "slides" boolean[], "outcomes" text[], "reserved" timestamptz)
RETURNS integer[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  totals integer[] := array_fill(0, ARRAY[cardinality(of_keys)]);
  total integer;
  at timestamptz;
  n integer;
BEGIN
  FOR n IN SELECT r.n FROM unnest(of_keys) WITH ORDINALITY AS r (key, n) ORDER BY r.key COLLATE "C" LOOP
    IF outcomes[n] = 'failure' THEN
      PERFORM FROM rate_limit_buckets AS b WHERE b.key = of_keys[n] FOR UPDATE;
      at := clock_timestamp();
      INSERT INTO rate_limit_buckets AS b (key, failures, last_at, expires_at)
      VALUES (of_keys[n], 1, at, at + make_interval(secs => windows[n]))
      ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN b.expires_at <= at THEN 1 ELSE b.failures + 1 END,
        in_flight = rate_limit_without(b.in_flight, reserved),
        last_at = at,
        expires_at = CASE WHEN b.expires_at <= at OR slides[n] THEN EXCLUDED.expires_at ELSE b.expires_at END
      RETURNING b.failures INTO total;
    ELSE
      total := 0;
      DELETE FROM rate_limit_buckets AS b
      WHERE b.key = of_keys[n] AND (b.failures = 0 OR outcomes[n] = 'clear') AND b.in_flight <@ ARRAY[reserved];
      IF NOT FOUND THEN
        UPDATE rate_limit_buckets AS b SET
          failures = CASE WHEN outcomes[n] = 'clear' THEN 0 ELSE b.failures END,
          in_flight = rate_limit_without(b.in_flight, reserved)
        WHERE b.key = of_keys[n] RETURNING b.failures INTO total;
      END IF;
    END IF;
    totals[n] := coalesce(total, 0);
  END LOOP;
  RETURN totals;
END $$;

-- Cache invalidation
ALTER TABLE "access_changes" RENAME TO "access_invalidations";
ALTER TABLE "access_invalidations" RENAME CONSTRAINT "access_changes_pkey" TO "access_invalidations_pkey";
ALTER TABLE "access_invalidations" RENAME CONSTRAINT "access_changes_subject_check" TO "access_invalidations_subject_check";
ALTER INDEX "access_changes_xact_idx" RENAME TO "access_invalidations_xact_idx";
ALTER INDEX "access_changes_at_idx" RENAME TO "access_invalidations_at_idx";
ALTER FUNCTION "access_change" RENAME TO "access_invalidate";
ALTER FUNCTION "sessions_access_changed" RENAME TO "sessions_access_invalidated";
ALTER FUNCTION "users_access_changed" RENAME TO "users_access_invalidated";
ALTER FUNCTION "signing_keys_access_changed" RENAME TO "signing_keys_access_invalidated";
ALTER TRIGGER "sessions_access_changed" ON "sessions" RENAME TO "sessions_access_invalidated";
ALTER TRIGGER "users_access_changed" ON "users" RENAME TO "users_access_invalidated";
ALTER TRIGGER "users_access_ended" ON "users" RENAME TO "users_access_deleted";
ALTER TRIGGER "signing_keys_access_changed" ON "signing_keys" RENAME TO "signing_keys_access_invalidated";

CREATE OR REPLACE FUNCTION "access_invalidate"("session_id" uuid, "user_id" uuid, "kid" varchar) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "access_invalidations" ("session_id", "user_id", "kid") VALUES ($1, $2, $3);
  PERFORM pg_notify('plinth_access_invalidations', json_build_object('sessionId', $1, 'userId', $2, 'kid', $3)::text);
END;
$$;

CREATE OR REPLACE FUNCTION "sessions_access_invalidated"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  published text := current_setting('plinth.access_invalidated', true);
BEGIN
  IF published = 'all of ' || OLD."user_id" THEN
    RETURN NULL;
  ELSIF published = 'one of ' || OLD."user_id" THEN
    PERFORM "access_invalidate"(NULL, OLD."user_id", NULL);
    PERFORM set_config('plinth.access_invalidated', 'all of ' || OLD."user_id", true);
  ELSE
    PERFORM "access_invalidate"(OLD."id", NULL, NULL);
    PERFORM set_config('plinth.access_invalidated', 'one of ' || OLD."user_id", true);
  END IF;
  RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION "users_access_invalidated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "access_invalidate"(NULL, OLD."id", NULL);
  RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION "signing_keys_access_invalidated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "access_invalidate"(NULL, NULL, coalesce(NEW."kid", OLD."kid"));
  RETURN NULL;
END;
$$;

-- Audit log
ALTER TABLE "audit_expiries" RENAME TO "audit_retention_runs";
ALTER TABLE "audit_retention_runs" RENAME CONSTRAINT "audit_expiries_pkey" TO "audit_retention_runs_pkey";
ALTER TABLE "users" RENAME COLUMN "forgotten_until" TO "anonymized_until";
ALTER FUNCTION "audit_events_refuse_change" RENAME TO "audit_events_prevent_change";
ALTER FUNCTION "audit_expiries_refuse_change" RENAME TO "audit_retention_runs_prevent_change";
ALTER FUNCTION "audit_events_forget_users" RENAME TO "audit_events_anonymize_users";
ALTER FUNCTION "audit_events_forget_until" RENAME TO "audit_events_anonymize_until";
ALTER TRIGGER "audit_expiries_append_only" ON "audit_retention_runs" RENAME TO "audit_retention_runs_append_only";
ALTER TRIGGER "audit_expiries_no_truncate" ON "audit_retention_runs" RENAME TO "audit_retention_runs_no_truncate";
ALTER TRIGGER "audit_expiries_delete_events" ON "audit_retention_runs" RENAME TO "audit_retention_runs_delete_events";
ALTER TRIGGER "users_audit_forgotten" ON "users" RENAME TO "users_audit_anonymized";
ALTER TRIGGER "users_audit_forgotten_until" ON "users" RENAME TO "users_audit_anonymized_until";

CREATE OR REPLACE FUNCTION "audit_retention_runs_prevent_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_retention_runs is append-only, and only audit_events_expire inserts into it' USING ERRCODE = '42501';
END;
$$;

CREATE OR REPLACE FUNCTION "audit_events_expire"("older_than_days" integer, "at_most" integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
  gone integer;
BEGIN
  INSERT INTO "audit_retention_runs" ("before", "deleted") VALUES (now() - make_interval(days => older_than_days), at_most)
    RETURNING "deleted" INTO gone;
  RETURN coalesce(gone, 0);
END;
$$;

CREATE OR REPLACE FUNCTION "audit_events_anonymize_until"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW."deleted_at" IS NULL AND NEW."email_verified_at" IS NOT NULL THEN
    RAISE EXCEPTION 'only audit events of deleted users can be anonymized' USING ERRCODE = '42501';
  END IF;
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."actor_id"::text || ' ' || e."outcome", 0) = hashtextextended(NEW."id"::text || ' ' || o."outcome", 0)
      AND e."actor_id" = NEW."id" AND e."at" > coalesce(OLD."anonymized_until", '-infinity')
      AND e."at" <= NEW."anonymized_until" AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."subject_id"::text || ' ' || e."outcome", 0) = hashtextextended(NEW."id"::text || ' ' || o."outcome", 0)
      AND e."subject_id" = NEW."id" AND e."at" > coalesce(OLD."anonymized_until", '-infinity')
      AND e."at" <= NEW."anonymized_until" AND e."actor_id" IS NULL AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION "audit_events_anonymize_users"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM gone, (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."actor_id"::text || ' ' || e."outcome", 0) = hashtextextended(gone."id"::text || ' ' || o."outcome", 0)
      AND e."actor_id" = gone."id" AND e."at" > coalesce(gone."anonymized_until", '-infinity')
      AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  UPDATE "audit_events" AS e SET "ip" = NULL, "user_agent" = NULL FROM gone, (VALUES ('success'), ('failure')) AS o ("outcome")
    WHERE hashtextextended(e."subject_id"::text || ' ' || e."outcome", 0) = hashtextextended(gone."id"::text || ' ' || o."outcome", 0)
      AND e."subject_id" = gone."id" AND e."at" > coalesce(gone."anonymized_until", '-infinity')
      AND e."actor_id" IS NULL AND (e."ip" IS NOT NULL OR e."user_agent" IS NOT NULL);
  RETURN NULL;
END;
$$;

-- Jobs
ALTER TABLE "jobs" RENAME COLUMN "cancel_asked_at" TO "cancel_requested_at";
ALTER TABLE "jobs" RENAME COLUMN "lease_until" TO "lease_expires_at";
ALTER TABLE "jobs" RENAME COLUMN "tick" TO "scheduled_for";
ALTER TABLE "jobs" RENAME COLUMN "dispatch" TO "delivery";
ALTER TABLE "jobs" RENAME COLUMN "dispatch_no" TO "delivery_no";
ALTER TABLE "jobs" RENAME COLUMN "next_dispatch_at" TO "next_delivery_at";
ALTER INDEX "jobs_schedule_id_tick_key" RENAME TO "jobs_schedule_id_scheduled_for_key";
DROP INDEX "jobs_ready_idx", "jobs_parked_idx", "jobs_sent_idx";
ALTER TABLE "jobs" DROP CONSTRAINT "jobs_dispatch_check", ALTER COLUMN "delivery" TYPE VARCHAR(12);
UPDATE "jobs" SET "delivery" = CASE "delivery" WHEN 'parked' THEN 'delayed' WHEN 'ready' THEN 'pending' ELSE 'published' END
  WHERE "delivery" <> 'done';
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_delivery_check" CHECK ("delivery" IN ('delayed', 'pending', 'published', 'done'));
CREATE INDEX "jobs_pending_idx" ON "jobs" ("queue", "priority", "id") WHERE "delivery" = 'pending';
CREATE INDEX "jobs_delayed_idx" ON "jobs" ("next_delivery_at") WHERE "delivery" = 'delayed';
CREATE INDEX "jobs_published_idx" ON "jobs" ("queue", "next_delivery_at") WHERE "delivery" = 'published';
UPDATE "job_schedules" SET "type" = 'retention.cleanup', "name" = 'retention-cleanup' WHERE "type" = 'maintenance.reap';
UPDATE "jobs" SET "type" = 'retention.cleanup' WHERE "type" = 'maintenance.reap';

-- CREATE OR REPLACE has dropped the settings of the functions: those that run as their owner, or in the session of an
-- operator, resolve names in this schema alone.
DO $$
DECLARE
  name regprocedure;
BEGIN
  FOR name IN
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proconfig IS NULL
      AND (p.proname IN ('access_invalidate', 'audit_events_expire') OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid))
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', name, current_schema());
  END LOOP;
END;
$$;
