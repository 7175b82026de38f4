SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Users, their sessions and refresh tokens, signing keys, mails and the audit trail.
-- The first part is what `npm run db:diff` made of schema.prisma, but for two things: COLLATE "C" on normalised
-- addresses, so that one index serves both their order and LIKE 'prefix%' whatever the database's locale, and NOT NULL
-- on users.roles. The second part is what schema.prisma can't say.

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" VARCHAR(254) NOT NULL,
    "email_normalized" VARCHAR(254) COLLATE "C" NOT NULL,
    "email_verified_at" TIMESTAMPTZ(6),
    "display_name" VARCHAR(80),
    "locale" VARCHAR(35) NOT NULL DEFAULT 'en',
    "timezone" VARCHAR(64) NOT NULL DEFAULT 'UTC',
    "password_hash" VARCHAR(512),
    "roles" TEXT[] NOT NULL DEFAULT ARRAY['user']::TEXT[],
    "disabled_at" TIMESTAMPTZ(6),
    "deleted_at" TIMESTAMPTZ(6),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "auth_time" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "amr" TEXT[],
    "ip" VARCHAR(45),
    "user_agent" VARCHAR(256),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "killed_at" TIMESTAMPTZ(6),
    "killed_reason" VARCHAR(32),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "sealed_child" BYTEA,
    "used_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "kid" VARCHAR(64) NOT NULL,
    "state" VARCHAR(8) NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "sealed_private_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "activated_at" TIMESTAMPTZ(6),
    "retired_at" TIMESTAMPTZ(6),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "mailed_tokens" (
    "id" UUID NOT NULL,
    "purpose" VARCHAR(32) NOT NULL,
    "user_id" UUID NOT NULL,
    "address" VARCHAR(254) NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "sealed_token" BYTEA,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "consumed_at" TIMESTAMPTZ(6),
    "voided_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mailed_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mails" (
    "id" UUID NOT NULL,
    "template" VARCHAR(32) NOT NULL,
    "recipient" VARCHAR(254) NOT NULL,
    "mailed_token_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mails_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "event" VARCHAR(48) NOT NULL,
    "outcome" VARCHAR(8) NOT NULL,
    "actor_id" UUID,
    "subject_id" UUID,
    "session_id" UUID,
    "reason" VARCHAR(200),
    "ip" VARCHAR(45),
    "user_agent" VARCHAR(256),
    "request_id" VARCHAR(64),

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "users_created_at_idx" ON "users"("created_at", "id");

-- CreateIndex
CREATE INDEX "users_email_idx" ON "users"("email_normalized", "id");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE INDEX "sessions_expires_at_idx" ON "sessions"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_tokens_token_hash_key" ON "refresh_tokens"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_tokens_session_id_generation_key" ON "refresh_tokens"("session_id", "generation");

-- CreateIndex
CREATE UNIQUE INDEX "mailed_tokens_token_hash_key" ON "mailed_tokens"("token_hash");

-- CreateIndex
CREATE INDEX "mailed_tokens_user_id_purpose_idx" ON "mailed_tokens"("user_id", "purpose");

-- CreateIndex
CREATE INDEX "mails_created_at_id_idx" ON "mails"("created_at", "id");

-- CreateIndex
CREATE INDEX "audit_events_subject_id_at_id_idx" ON "audit_events"("subject_id", "at", "id");

-- CreateIndex
CREATE INDEX "audit_events_at_id_idx" ON "audit_events"("at", "id");

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mailed_tokens" ADD CONSTRAINT "mailed_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mails" ADD CONSTRAINT "mails_mailed_token_id_fkey" FOREIGN KEY ("mailed_token_id") REFERENCES "mailed_tokens"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Among the living an address belongs to one account; a deleted account frees it.
CREATE UNIQUE INDEX "users_email_live_key" ON "users"("email_normalized") WHERE "deleted_at" IS NULL;

-- Who has a rare role (roles @> ARRAY['admin']).
CREATE INDEX "users_roles_idx" ON "users" USING GIN ("roles") WHERE "deleted_at" IS NULL;

-- One key signs at a time.
CREATE UNIQUE INDEX "signing_keys_active_key" ON "signing_keys"(("state")) WHERE "state" = 'active';

ALTER TABLE "users" ADD CONSTRAINT "users_roles_check" CHECK (array_position("roles", NULL) IS NULL);
ALTER TABLE "users" ADD CONSTRAINT "users_version_check" CHECK ("version" > 0);
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_generation_check" CHECK ("generation" > 0);
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_state_check" CHECK ("state" IN ('next', 'active', 'retired'));
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_outcome_check" CHECK ("outcome" IN ('success', 'failure'));

-- What was written to the audit trail stays as it was written.
CREATE FUNCTION "audit_events_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = '42501';
END;
$$;

CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events"
  FOR EACH ROW EXECUTE FUNCTION "audit_events_refuse_change"();

CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_refuse_change"();
