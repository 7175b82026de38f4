SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- A file belongs to the attempt that writes it, and counts when that attempt succeeds. Of an attempt that ends otherwise
-- it is discarded in the statement that ends it, whatever its size: maintenance.reap deletes the contents in batches.

-- AlterTable
ALTER TABLE "artifacts" ADD COLUMN "discarded_at" TIMESTAMPTZ(6);

-- A job has one file that counts, and any number of discarded ones.
DROP INDEX "artifacts_job_id_key";
CREATE UNIQUE INDEX "artifacts_job_id_key" ON "artifacts"("job_id") WHERE "discarded_at" IS NULL;

-- CreateIndex
CREATE INDEX "artifacts_job_id_idx" ON "artifacts"("job_id");

-- What maintenance.reap looks for.
CREATE INDEX "artifacts_discarded_idx" ON "artifacts" ("discarded_at") WHERE "discarded_at" IS NOT NULL;

CREATE FUNCTION "jobs_attempt_failed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "artifacts" SET "discarded_at" = now(), "expires_at" = least("expires_at", now())
    WHERE "job_id" = NEW."id" AND "discarded_at" IS NULL;
  RETURN NULL;
END;
$$;

-- An attempt is over when its lease is: it was cancelled, failed, given back, lost, or taken over by another attempt.
CREATE TRIGGER "jobs_attempt_failed" AFTER UPDATE OF "state", "lease" ON "jobs"
  FOR EACH ROW WHEN (
    OLD."state" = 'running' AND OLD."lease" IS DISTINCT FROM NEW."lease" AND NEW."state" <> 'succeeded'
  )
  EXECUTE FUNCTION "jobs_attempt_failed"();

-- What earlier attempts have left.
UPDATE "artifacts" SET "discarded_at" = now(), "expires_at" = least("expires_at", now()) FROM "jobs"
  WHERE "jobs"."id" = "job_id" AND "state" NOT IN ('running', 'succeeded');
