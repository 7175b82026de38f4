SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- The list of schedules, and those of a user that are paused with their owner.
-- CreateIndex
CREATE INDEX "job_schedules_created_at_idx" ON "job_schedules"("created_at", "id");

CREATE INDEX "job_schedules_owner_idx" ON "job_schedules" ("owner_id") WHERE "paused_at" IS NULL;
