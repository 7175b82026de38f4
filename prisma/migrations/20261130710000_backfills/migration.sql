SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- How far npm run db:backfill has come with the backfill.sql of a migration.
CREATE TABLE "backfills" (
    "migration" VARCHAR(255) NOT NULL,
    "position" TEXT[],
    "rows_read" BIGINT NOT NULL DEFAULT 0,
    "rows_changed" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "backfills_pkey" PRIMARY KEY ("migration")
);
