SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What those of the migrations before take the place of.
DROP INDEX "audit_events_subject_id_at_id_idx";
DROP INDEX "audit_events_actor_id_at_id_idx";
DROP INDEX "audit_events_event_at_id_idx";
