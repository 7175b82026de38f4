SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The next jobs of a queue.
CREATE INDEX CONCURRENTLY "jobs_claim_idx" ON "jobs" ("queue", "priority", "fair_at", "id") WHERE "delivery" = 'pending';
