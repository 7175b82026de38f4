SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Of the jobs of one type with the same key, at most one is unfinished.
ALTER TABLE "jobs" ADD COLUMN "deduplication_key" VARCHAR(128);
