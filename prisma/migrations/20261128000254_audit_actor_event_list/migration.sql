SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- Events of a kind that a user did.
CREATE INDEX CONCURRENTLY "audit_events_actor_event_list_idx" ON "audit_events" (hashtextextended("actor_id"::text || ' ' || "event" || ' ' || "outcome", 0), "at", "id")
  WHERE "actor_id" IS NOT NULL;
