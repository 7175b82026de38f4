SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The last pending job of an owner. Jobs without an owner have one place in turn together.
CREATE INDEX CONCURRENTLY "jobs_owner_pending_idx" ON "jobs"
  ("queue", "priority", coalesce("owner_id", '00000000-0000-0000-0000-000000000000'), "fair_at") WHERE "delivery" = 'pending';
