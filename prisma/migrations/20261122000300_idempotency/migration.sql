SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- CreateTable
CREATE TABLE "idempotency_records" (
    "scope" VARCHAR(80) NOT NULL,
    "key" VARCHAR(255) NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "permissions" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "status" SMALLINT NOT NULL,
    "headers" JSONB NOT NULL,
    "body" BYTEA,
    "body_omitted" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "idempotency_records_pkey" PRIMARY KEY ("scope","key")
);

-- CreateIndex
CREATE INDEX "idempotency_records_expires_at_idx" ON "idempotency_records"("expires_at");

-- The first statement of a keyed request. The lock is asked for before the record is read, and the read is a statement
-- of its own with a fresh snapshot: in one statement both would share a snapshot that is older than the lock, and a
-- request whose forerunner has just committed would not see what that one stored. A record counts without the lock too:
-- it is committed and never changes, and whoever holds the lock may only be reading it.
CREATE FUNCTION "idem_begin"("of_scope" text, "of_key" text)
RETURNS TABLE ("state" text, "fingerprint" bytea, "permissions" text[], "status" smallint, "headers" jsonb, "body" bytea, "omitted" boolean)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  locked boolean := pg_try_advisory_xact_lock(hashtextextended(of_scope || chr(31) || of_key, 0));
BEGIN
  RETURN QUERY
    SELECT 'done', r.fingerprint, r.permissions, r.status, r.headers, r.body, r.body_omitted FROM idempotency_records r
    WHERE r.scope = of_scope AND r.key = of_key AND r.expires_at > now();
  IF NOT FOUND THEN
    state := CASE WHEN locked THEN 'new' ELSE 'running' END;
    RETURN NEXT;
  END IF;
END $$;

-- The last statement of a keyed request. It fails, and takes the transaction with it, when somebody has answered the key
-- all the same: run again, the request finds what they kept.
CREATE FUNCTION "idem_end"("of_scope" text, "of_key" text, "of_fingerprint" bytea, "of_permissions" text[],
  "of_status" smallint, "of_headers" jsonb, "of_body" bytea, "is_omitted" boolean)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO idempotency_records AS r (scope, key, fingerprint, permissions, status, headers, body, body_omitted, expires_at)
  VALUES (of_scope, of_key, of_fingerprint, of_permissions, of_status, of_headers, of_body, is_omitted,
    now() + interval '24 hours')
  ON CONFLICT (scope, key) DO UPDATE SET
    (fingerprint, permissions, status, headers, body, body_omitted, created_at, expires_at) =
    (EXCLUDED.fingerprint, EXCLUDED.permissions, EXCLUDED.status, EXCLUDED.headers, EXCLUDED.body, EXCLUDED.body_omitted,
      EXCLUDED.created_at, EXCLUDED.expires_at)
  WHERE r.expires_at <= now();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the idempotency key was answered by another transaction' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;
