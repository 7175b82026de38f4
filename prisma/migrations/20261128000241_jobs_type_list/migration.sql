SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The list of jobs of a type.
CREATE INDEX CONCURRENTLY "jobs_type_list_idx" ON "jobs" (hashtextextended("type" || ' ' || "state", 0), "created_at", "id");
