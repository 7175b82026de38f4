SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- What those of the migrations before take the place of; jobs_state_idx serves the list without a filter as well.
DROP INDEX "jobs_created_at_idx";
DROP INDEX "jobs_owner_idx";
DROP INDEX "jobs_type_idx";
