SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The type whose limits apply to the job; null without limits.
ALTER TABLE "jobs" ADD COLUMN "limited_by" VARCHAR(64);

-- 'limited' jobs wait until the limits of their type admit them to the pending ones.
ALTER TABLE "jobs" DROP CONSTRAINT "jobs_delivery_check";
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_delivery_check"
  CHECK ("delivery" IN ('delayed', 'limited', 'pending', 'published', 'done')) NOT VALID;

-- The token bucket of each type with a rate limit; the lock of its row serializes the admission of jobs.
CREATE TABLE "job_type_limits" (
    "type" VARCHAR(64) NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "refilled_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "job_type_limits_pkey" PRIMARY KEY ("type")
);
