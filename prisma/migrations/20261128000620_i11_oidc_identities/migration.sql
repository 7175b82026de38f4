SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Login with the accounts of providers (OAuth 2.0, OpenID Connect): whose accounts they are, logins between the callback of
-- the provider and the exchange of its code, and the logout tokens that were received.

-- CreateTable
CREATE TABLE "identities" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "provider" VARCHAR(32) NOT NULL,
    "issuer" VARCHAR(255) NOT NULL,
    "subject" VARCHAR(255) NOT NULL,
    "email" VARCHAR(254),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(6),

    CONSTRAINT "identities_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oauth_logins" (
    "id" UUID NOT NULL,
    "code_hash" BYTEA,
    "encrypted_login" BYTEA,
    "code_expires_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "oauth_logins_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "logout_tokens" (
    "id_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "logout_tokens_pkey" PRIMARY KEY ("id_hash")
);

-- CreateIndex
CREATE UNIQUE INDEX "identities_issuer_subject_key" ON "identities"("issuer", "subject");

-- CreateIndex
CREATE INDEX "identities_user_id_idx" ON "identities"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_logins_code_hash_key" ON "oauth_logins"("code_hash");

-- CreateIndex
CREATE INDEX "oauth_logins_expires_at_idx" ON "oauth_logins"("expires_at");

-- CreateIndex
CREATE INDEX "logout_tokens_expires_at_idx" ON "logout_tokens"("expires_at");

-- AddForeignKey
ALTER TABLE "identities" ADD CONSTRAINT "identities_user_id_fkey"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The login with a provider that a session began with; without a foreign key, so that deleting an identity changes no
-- session. A logout at the provider revokes these sessions.
ALTER TABLE "sessions" ADD COLUMN "identity_id" UUID;
ALTER TABLE "sessions" ADD COLUMN "provider_session_id" VARCHAR(255);
ALTER TABLE "mfa_challenges" ADD COLUMN "identity_id" UUID;
ALTER TABLE "mfa_challenges" ADD COLUMN "provider_session_id" VARCHAR(255);

-- Few sessions begin with a provider.
CREATE INDEX "sessions_identity_id_idx" ON "sessions"("identity_id") WHERE "identity_id" IS NOT NULL;
CREATE INDEX "sessions_provider_session_id_idx" ON "sessions"("provider_session_id")
  WHERE "provider_session_id" IS NOT NULL;
