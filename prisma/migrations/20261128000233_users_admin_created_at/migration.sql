SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The list of users with a role that few have. A role that few have needs four indexes of its own, like these.
CREATE INDEX CONCURRENTLY "users_admin_created_at_idx" ON "users" ("created_at", "id")
  WHERE "deleted_at" IS NULL AND "roles" @> ARRAY['admin'];
