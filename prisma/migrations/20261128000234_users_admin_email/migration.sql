SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The same by email address.
CREATE INDEX CONCURRENTLY "users_admin_email_idx" ON "users" ("email_normalized")
  WHERE "deleted_at" IS NULL AND "roles" @> ARRAY['admin'];
