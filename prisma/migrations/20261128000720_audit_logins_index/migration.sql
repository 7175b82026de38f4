SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- The logins of a day, which the overview counts without reading the table.
CREATE INDEX CONCURRENTLY "audit_events_logins_idx" ON "audit_events" ("event", "at")
  WHERE "event" IN ('authn_login_success', 'authn_login_fail');
