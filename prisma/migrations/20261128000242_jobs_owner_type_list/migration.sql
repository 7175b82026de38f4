SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The list of an owner's jobs of a type.
CREATE INDEX CONCURRENTLY "jobs_owner_type_list_idx" ON "jobs" (hashtextextended("owner_id"::text || ' ' || "type" || ' ' || "state", 0), "created_at", "id")
  WHERE "owner_id" IS NOT NULL;
