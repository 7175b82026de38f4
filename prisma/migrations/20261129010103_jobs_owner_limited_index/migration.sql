SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The last job of an owner that waits for the limits of a type.
CREATE INDEX CONCURRENTLY "jobs_owner_limited_idx" ON "jobs"
  ("limited_by", "priority", coalesce("owner_id", '00000000-0000-0000-0000-000000000000'), "fair_at") WHERE "delivery" = 'limited';
