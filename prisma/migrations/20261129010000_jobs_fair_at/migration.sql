SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Position among the pending jobs of a queue and priority, which alternates between owners. Processes of the version
-- before insert jobs without one.
ALTER TABLE "jobs" ADD COLUMN "fair_at" BIGINT NOT NULL DEFAULT 0;

-- Workers claim from the table; no message refers to these jobs any more.
UPDATE "jobs" SET "delivery" = 'pending' WHERE "delivery" = 'published' AND "state" = 'queued';
