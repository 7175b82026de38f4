SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The list of an owner's jobs (src/database/list-key.ts).
CREATE INDEX CONCURRENTLY "jobs_owner_list_idx" ON "jobs" (hashtextextended("owner_id"::text || ' ' || "state", 0), "created_at", "id")
  WHERE "owner_id" IS NOT NULL;
