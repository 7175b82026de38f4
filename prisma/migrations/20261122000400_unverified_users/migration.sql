SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What maintenance.reap looks for: accounts that nobody has verified.
CREATE INDEX "users_unverified_idx" ON "users" ("updated_at") WHERE "email_verified_at" IS NULL AND "deleted_at" IS NULL;
