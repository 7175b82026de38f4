SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- What was done to a user (src/database/list-key.ts).
CREATE INDEX CONCURRENTLY "audit_events_subject_list_idx" ON "audit_events" (hashtextextended("subject_id"::text || ' ' || "outcome", 0), "at", "id")
  WHERE "subject_id" IS NOT NULL;
