SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The same by email address, which of live users each has another one.
CREATE INDEX CONCURRENTLY "users_status_email_idx" ON "users" ((CASE WHEN "disabled_at" IS NOT NULL THEN 'disabled' WHEN "email_verified_at" IS NULL THEN 'unverified' ELSE 'active' END), "email_normalized")
  WHERE "deleted_at" IS NULL;
