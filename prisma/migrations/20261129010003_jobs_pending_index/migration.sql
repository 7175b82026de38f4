SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- jobs_claim_idx replaces it.
DROP INDEX "jobs_pending_idx";
