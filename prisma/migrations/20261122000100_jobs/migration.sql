SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- CreateTable
CREATE TABLE "jobs" (
    "id" UUID NOT NULL,
    "type" VARCHAR(64) NOT NULL,
    "queue" VARCHAR(16) NOT NULL,
    "owner_id" UUID,
    "payload" JSONB NOT NULL,
    "state" VARCHAR(12) NOT NULL,
    "dispatch" VARCHAR(8) NOT NULL,
    "priority" SMALLINT NOT NULL DEFAULT 0,
    "dispatch_no" INTEGER NOT NULL DEFAULT 0,
    "next_dispatch_at" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "max_attempts" INTEGER NOT NULL,
    "lease" UUID,
    "lease_until" TIMESTAMPTZ(6),
    "cancel_asked_at" TIMESTAMPTZ(6),
    "progress" JSONB,
    "result" JSONB,
    "error" JSONB,
    "event_seq" INTEGER NOT NULL DEFAULT 0,
    "request_id" VARCHAR(64),
    "traceparent" VARCHAR(64),
    "schedule_id" UUID,
    "tick" TIMESTAMPTZ(6),
    "run_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "jobs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_events" (
    "job_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" VARCHAR(12) NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "job_events_pkey" PRIMARY KEY ("job_id","seq")
);

-- CreateTable
CREATE TABLE "job_schedules" (
    "id" UUID NOT NULL,
    "name" VARCHAR(64),
    "type" VARCHAR(64) NOT NULL,
    "payload" JSONB NOT NULL,
    "cron" VARCHAR(128) NOT NULL,
    "timezone" VARCHAR(64) NOT NULL,
    "paused_at" TIMESTAMPTZ(6),
    "next_run_at" TIMESTAMPTZ(6),
    "last_run_at" TIMESTAMPTZ(6),
    "owner_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_schedules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "paused_queues" (
    "name" VARCHAR(16) NOT NULL,
    "paused_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "paused_queues_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "artifacts" (
    "id" UUID NOT NULL,
    "job_id" UUID NOT NULL,
    "filename" VARCHAR(128) NOT NULL,
    "media_type" VARCHAR(64) NOT NULL,
    "size" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifacts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "artifact_chunks" (
    "artifact_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "artifact_chunks_pkey" PRIMARY KEY ("artifact_id","seq")
);

-- CreateIndex
CREATE INDEX "jobs_created_at_idx" ON "jobs"("created_at", "id");

-- CreateIndex
CREATE INDEX "jobs_owner_idx" ON "jobs"("owner_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "jobs_schedule_id_tick_key" ON "jobs"("schedule_id", "tick");

-- CreateIndex
CREATE UNIQUE INDEX "job_schedules_name_key" ON "job_schedules"("name");

-- CreateIndex
CREATE INDEX "artifacts_expires_at_idx" ON "artifacts"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "artifacts_job_id_key" ON "artifacts"("job_id");

-- AddForeignKey
ALTER TABLE "job_events" ADD CONSTRAINT "job_events_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifact_chunks" ADD CONSTRAINT "artifact_chunks_artifact_id_fkey" FOREIGN KEY ("artifact_id") REFERENCES "artifacts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "mails" ADD COLUMN "sent_at" TIMESTAMPTZ(6);

ALTER TABLE "jobs"
  ADD CONSTRAINT "jobs_state_check" CHECK ("state" IN ('scheduled', 'queued', 'running', 'succeeded', 'dead', 'cancelled')),
  ADD CONSTRAINT "jobs_dispatch_check" CHECK ("dispatch" IN ('parked', 'ready', 'sent', 'done'));

-- One small index for each question of the relay: a job stands in at most one of them, and in none once it is done.
CREATE INDEX "jobs_ready_idx" ON "jobs" ("queue", "priority", "id") WHERE "dispatch" = 'ready';
CREATE INDEX "jobs_parked_idx" ON "jobs" ("next_dispatch_at") WHERE "dispatch" = 'parked';
CREATE INDEX "jobs_sent_idx" ON "jobs" ("queue", "next_dispatch_at") WHERE "dispatch" = 'sent';
CREATE INDEX "jobs_finished_idx" ON "jobs" ("finished_at") WHERE "finished_at" IS NOT NULL;
CREATE INDEX "job_schedules_due_idx" ON "job_schedules" ("next_run_at") WHERE "paused_at" IS NULL;

-- Schedules that ship with the service.
INSERT INTO "job_schedules" ("id", "name", "type", "payload", "cron", "timezone", "next_run_at")
VALUES ('01a20000-0000-7000-8000-000000000001', 'reap', 'maintenance.reap', '{}', '*/10 * * * *', 'UTC', now());
