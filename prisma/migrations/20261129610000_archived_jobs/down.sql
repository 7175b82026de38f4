SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- Processes of the version before do not read archived jobs: they would be lost.
DO $$
BEGIN
  LOCK TABLE "archived_jobs" IN ACCESS EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM "archived_jobs") THEN
    RAISE EXCEPTION 'archived_jobs is not empty: copy its jobs to another place and delete them first';
  END IF;
END;
$$;

DROP FUNCTION "archived_jobs_expire"(integer);
DROP TABLE "archived_jobs";
