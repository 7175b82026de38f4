SET lock_timeout = '5s';
SET statement_timeout = '60s';

-- CreateTable
CREATE TABLE "user_imports" (
    "id" UUID NOT NULL,
    "job_id" UUID,
    "columns" TEXT[],
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "user_imports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_import_chunks" (
    "import_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "first_line" INTEGER NOT NULL,
    "rows" INTEGER NOT NULL,
    "data" BYTEA,
    "report" TEXT,
    "created" INTEGER NOT NULL DEFAULT 0,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "user_import_chunks_pkey" PRIMARY KEY ("import_id","seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_imports_job_id_key" ON "user_imports"("job_id");

-- CreateIndex
CREATE INDEX "user_imports_expires_at_idx" ON "user_imports"("expires_at");

-- AddForeignKey
ALTER TABLE "user_import_chunks" ADD CONSTRAINT "user_import_chunks_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "user_imports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A processed chunk has a report instead of its data.
ALTER TABLE "user_import_chunks" ADD CONSTRAINT "user_import_chunks_state_check" CHECK (num_nonnulls("data", "report") = 1);
