SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The latest dead jobs.
CREATE INDEX CONCURRENTLY "jobs_dead_idx" ON "jobs" ("finished_at", "id") WHERE "state" = 'dead';
