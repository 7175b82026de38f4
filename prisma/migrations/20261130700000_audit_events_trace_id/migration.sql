SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- AlterTable
ALTER TABLE "audit_events" ADD COLUMN "trace_id" VARCHAR(32);
