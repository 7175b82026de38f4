SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The schedules that ship were made with a time that is no tick of their cron expressions. Those that have not fired yet
-- fire at their next tick.
UPDATE "job_schedules"
  SET "next_run_at" = date_bin('10 minutes', now(), timestamptz '2000-01-01 00:00:00+00') + interval '10 minutes'
  WHERE "name" = 'reap' AND "cron" = '*/10 * * * *' AND "timezone" = 'UTC'
    AND "last_run_at" IS NULL AND "next_run_at" IS NOT NULL;

UPDATE "job_schedules"
  SET "next_run_at" = (
    date_trunc('day', now() AT TIME ZONE 'UTC' - interval '3 hours 17 minutes') + interval '1 day 3 hours 17 minutes'
  ) AT TIME ZONE 'UTC'
  WHERE "name" = 'rotate-keys' AND "cron" = '17 3 * * *' AND "timezone" = 'UTC'
    AND "last_run_at" IS NULL AND "next_run_at" IS NOT NULL;
