SET lock_timeout = '5s';
SET statement_timeout = '30min';

ALTER TABLE "jobs" VALIDATE CONSTRAINT "jobs_delivery_check";
