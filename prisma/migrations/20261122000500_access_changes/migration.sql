SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What every instance must hear of within a second: sessions that ended, users whose access changed, signing keys.

-- CreateTable
CREATE TABLE "access_changes" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "xact" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "session_id" UUID,
    "user_id" UUID,
    "kid" VARCHAR(64),
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "access_changes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "access_changes_xact_idx" ON "access_changes"("xact");

-- CreateIndex
CREATE INDEX "access_changes_at_idx" ON "access_changes"("at");

ALTER TABLE "access_changes" ADD CONSTRAINT "access_changes_subject_check"
  CHECK (num_nonnulls("session_id", "user_id", "kid") = 1);

-- Written by triggers, so that no statement can forget it, and in the transaction of the change. Whoever listens hears
-- at once; whoever doesn't finds the row: rows are looked for by transaction, so none is missed however late it commits.
CREATE FUNCTION "access_change"("session_id" uuid, "user_id" uuid, "kid" varchar) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "access_changes" ("session_id", "user_id", "kid") VALUES ($1, $2, $3);
  PERFORM pg_notify('plinth_access_changes', json_build_object('sessionId', $1, 'userId', $2, 'kid', $3)::text);
END;
$$;

CREATE FUNCTION "sessions_access_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "access_change"(OLD."id", NULL, NULL);
  RETURN NULL;
END;
$$;

CREATE FUNCTION "users_access_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "access_change"(NULL, OLD."id", NULL);
  RETURN NULL;
END;
$$;

CREATE FUNCTION "signing_keys_access_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "access_change"(NULL, NULL, coalesce(NEW."kid", OLD."kid"));
  RETURN NULL;
END;
$$;

CREATE TRIGGER "sessions_access_changed" AFTER UPDATE OF "killed_at", "expires_at" ON "sessions"
  FOR EACH ROW WHEN (OLD."killed_at" IS DISTINCT FROM NEW."killed_at" OR NEW."expires_at" < OLD."expires_at")
  EXECUTE FUNCTION "sessions_access_changed"();

CREATE TRIGGER "users_access_changed" AFTER UPDATE OF "roles", "disabled_at", "deleted_at" ON "users"
  FOR EACH ROW WHEN (
    OLD."roles" IS DISTINCT FROM NEW."roles"
    OR OLD."disabled_at" IS DISTINCT FROM NEW."disabled_at"
    OR OLD."deleted_at" IS DISTINCT FROM NEW."deleted_at"
  )
  EXECUTE FUNCTION "users_access_changed"();

-- With the user go the sessions, by the foreign key.
CREATE TRIGGER "users_access_ended" AFTER DELETE ON "users"
  FOR EACH ROW EXECUTE FUNCTION "users_access_changed"();

CREATE TRIGGER "signing_keys_access_changed" AFTER INSERT OR UPDATE OR DELETE ON "signing_keys"
  FOR EACH ROW EXECUTE FUNCTION "signing_keys_access_changed"();

-- Looks once a day whether it is time for another signing key (AUTH_KEY_ROTATION_DAYS).
INSERT INTO "job_schedules" ("id", "name", "type", "payload", "cron", "timezone", "next_run_at")
VALUES ('01a20000-0000-7000-8000-000000000002', 'rotate-keys', 'keys.rotate', '{}', '17 3 * * *', 'UTC', now() + interval '1 day');
