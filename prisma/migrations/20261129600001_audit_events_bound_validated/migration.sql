SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- Reads the table while it is in use.
ALTER TABLE "audit_events" VALIDATE CONSTRAINT "audit_events_bound_check";
