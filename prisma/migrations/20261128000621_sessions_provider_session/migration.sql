SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The sessions that a logout token of a provider names. Few sessions begin with a provider.
CREATE INDEX CONCURRENTLY "sessions_provider_session_id_idx" ON "sessions"("provider_session_id")
  WHERE "provider_session_id" IS NOT NULL;
