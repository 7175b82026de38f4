SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- What a user did.
CREATE INDEX CONCURRENTLY "audit_events_actor_list_idx" ON "audit_events" (hashtextextended("actor_id"::text || ' ' || "outcome", 0), "at", "id")
  WHERE "actor_id" IS NOT NULL;
