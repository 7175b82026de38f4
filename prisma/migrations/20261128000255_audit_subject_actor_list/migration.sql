SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- What one user did to another one.
CREATE INDEX CONCURRENTLY "audit_events_subject_actor_list_idx" ON "audit_events" (hashtextextended("subject_id"::text || ' ' || "actor_id"::text || ' ' || "outcome", 0), "at", "id")
  WHERE "subject_id" IS NOT NULL AND "actor_id" IS NOT NULL;
