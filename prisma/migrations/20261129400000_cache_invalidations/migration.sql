SET lock_timeout = '5s';
SET statement_timeout = '30min';

-- Entries of the cache that a transaction invalidates: 'key …' or 'tag …'. Rows exist for an hour at most.
ALTER TABLE "access_invalidations" ADD COLUMN "cache_entry" VARCHAR(204),
  DROP CONSTRAINT "access_invalidations_subject_check",
  ADD CONSTRAINT "access_invalidations_subject_check"
    CHECK (num_nonnulls("session_id", "user_id", "kid", "cache_entry") = 1);
