SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The same of one status, by email address.
CREATE INDEX CONCURRENTLY "users_admin_status_email_idx" ON "users" ((CASE WHEN "disabled_at" IS NOT NULL THEN 'disabled' WHEN "email_verified_at" IS NULL THEN 'unverified' ELSE 'active' END), "email_normalized")
  WHERE "deleted_at" IS NULL AND "roles" @> ARRAY['admin'];
