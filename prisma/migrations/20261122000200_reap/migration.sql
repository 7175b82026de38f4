SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What maintenance.reap looks for. LEAST passes over NULL: it is the moment at which a row was first of no use.
CREATE INDEX "sessions_ended_idx" ON "sessions" (LEAST("expires_at", "killed_at"));
CREATE INDEX "mailed_tokens_ended_idx" ON "mailed_tokens" (LEAST("expires_at", "consumed_at", "voided_at"));
CREATE INDEX "mails_sent_idx" ON "mails" ("sent_at") WHERE "sent_at" IS NOT NULL;

-- The foreign key's own question whenever a mailed token is deleted.
CREATE INDEX "mails_mailed_token_idx" ON "mails" ("mailed_token_id") WHERE "mailed_token_id" IS NOT NULL;
