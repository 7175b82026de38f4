SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- No statement finds sessions by identity alone: revocations find them by user.
DROP INDEX "sessions_identity_id_idx";
