SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- API keys, with which programs act for the user who owns them.

-- CreateTable
CREATE TABLE "api_keys" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "prefix" VARCHAR(32) NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "scopes" TEXT[] NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "last_used_at" TIMESTAMPTZ(6),
    "rotated_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_key_hash_key" ON "api_keys"("key_hash");

-- CreateIndex
CREATE INDEX "api_keys_user_id_created_at_id_idx" ON "api_keys"("user_id", "created_at", "id");

-- For the deletion of keys that ended long ago.
CREATE INDEX "api_keys_ended_idx" ON "api_keys" (LEAST("expires_at", "revoked_at"));

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id")
  ON DELETE CASCADE ON UPDATE CASCADE;

-- Invalidates the caches of all instances, as for a change of the user: keys end so rarely that this needs no kind of
-- its own.
CREATE FUNCTION "api_keys_access_invalidated"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "access_invalidate"(NULL, OLD."user_id", NULL);
  RETURN NULL;
END;
$$;

-- Trigger functions resolve names in this schema alone, also in the session of an operator.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION api_keys_access_invalidated() SET search_path = pg_catalog, %I, pg_temp', current_schema());
END;
$$;

CREATE TRIGGER "api_keys_access_invalidated" AFTER UPDATE OF "revoked_at", "expires_at", "scopes" ON "api_keys"
  FOR EACH ROW WHEN (
    OLD."revoked_at" IS DISTINCT FROM NEW."revoked_at"
    OR OLD."expires_at" IS DISTINCT FROM NEW."expires_at"
    OR OLD."scopes" IS DISTINCT FROM NEW."scopes"
  )
  EXECUTE FUNCTION "api_keys_access_invalidated"();

-- The deletion of keys that ended earlier changes no access.
CREATE TRIGGER "api_keys_access_deleted" AFTER DELETE ON "api_keys"
  FOR EACH ROW WHEN (OLD."revoked_at" IS NULL AND OLD."expires_at" > now())
  EXECUTE FUNCTION "api_keys_access_invalidated"();
