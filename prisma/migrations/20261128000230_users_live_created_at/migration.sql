SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The list of users: live ones, whatever number of deleted ones lies between.
CREATE INDEX CONCURRENTLY "users_live_created_at_idx" ON "users" ("created_at", "id") WHERE "deleted_at" IS NULL;
