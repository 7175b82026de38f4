SET lock_timeout = '5s';
SET statement_timeout = '30min';

CREATE UNIQUE INDEX CONCURRENTLY "jobs_deduplication_idx" ON "jobs" ("type", "deduplication_key")
  WHERE "deduplication_key" IS NOT NULL AND "delivery" <> 'done';
