SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The jobs of a type with limits that were admitted and have not ended.
CREATE INDEX CONCURRENTLY "jobs_admitted_idx" ON "jobs" ("limited_by")
  WHERE "limited_by" IS NOT NULL AND "delivery" IN ('pending', 'published');
