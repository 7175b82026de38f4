SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- Events of a kind.
CREATE INDEX CONCURRENTLY "audit_events_event_list_idx" ON "audit_events" (hashtextextended("event" || ' ' || "outcome", 0), "at", "id");
