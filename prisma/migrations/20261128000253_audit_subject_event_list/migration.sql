SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- Events of a kind that were done to a user.
CREATE INDEX CONCURRENTLY "audit_events_subject_event_list_idx" ON "audit_events" (hashtextextended("subject_id"::text || ' ' || "event" || ' ' || "outcome", 0), "at", "id")
  WHERE "subject_id" IS NOT NULL;
