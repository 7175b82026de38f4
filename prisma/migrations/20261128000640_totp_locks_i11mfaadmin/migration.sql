SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Since when an authenticator app is locked, after too many invalid codes in a row.
ALTER TABLE "totp_factors" ADD COLUMN "locked_at" TIMESTAMPTZ(6);
