SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- CreateIndex
CREATE INDEX "jobs_type_idx" ON "jobs"("type", "created_at", "id");

-- CreateIndex
CREATE INDEX "jobs_state_idx" ON "jobs"("state", "created_at", "id");

-- Most jobs stand for no tick: they need no entry, and every entry is written anew with each step of a job's life.
DROP INDEX "jobs_schedule_id_tick_key";
CREATE UNIQUE INDEX "jobs_schedule_id_tick_key" ON "jobs" ("schedule_id", "tick") WHERE "schedule_id" IS NOT NULL;

-- What maintenance.reap looks for: successors of refresh tokens that nobody may have a second time any more.
CREATE INDEX "refresh_tokens_sealed_idx" ON "refresh_tokens" ("used_at") WHERE "sealed_child" IS NOT NULL;
CREATE INDEX "users_deleted_idx" ON "users" ("deleted_at") WHERE "deleted_at" IS NOT NULL;
