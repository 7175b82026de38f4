SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The tokens of a user that can still be used: those are voided, and whoever asks for many leaves many that can not.
CREATE INDEX "mailed_tokens_open_idx" ON "mailed_tokens" ("user_id", "purpose")
  WHERE "consumed_at" IS NULL AND "voided_at" IS NULL;
