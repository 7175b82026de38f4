SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The next jobs of a type with limits.
CREATE INDEX CONCURRENTLY "jobs_limited_idx" ON "jobs" ("limited_by", "priority", "fair_at", "id") WHERE "delivery" = 'limited';
