SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The time of an event, not that of its transaction's start: a job's transaction lasts as long as its handler runs.
ALTER TABLE "job_events" ALTER COLUMN "at" SET DEFAULT clock_timestamp();
