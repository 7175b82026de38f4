SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Keys of HMACs that are stored for years, encrypted under APP_SECRET. A hash cannot be encrypted again when APP_SECRET is
-- rotated; its key can.
CREATE TABLE "hash_keys" (
    "purpose" VARCHAR(32) NOT NULL,
    "encrypted_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "hash_keys_pkey" PRIMARY KEY ("purpose")
);
