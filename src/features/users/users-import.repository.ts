import { Injectable } from '@nestjs/common';
import type { CommonAuditRow } from '../../platform/database/audit-rows.ts';
import { insertAuditRows } from '../../platform/database/audit-rows.ts';
import { Prisma } from '../../platform/database/generated/client.ts';
import { InternalPool } from '../../platform/database/internal-pool.ts';
import type { PoolShare } from '../../platform/database/shared-pool.ts';
import { Transactions } from '../../platform/database/transactions.ts';
import type { CsvChunk } from './csv-records.ts';

/** A file whose job is running. */
export interface StoredImport {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly processedRows: number;
}

/** A chunk that is not processed yet. */
export interface PendingChunk extends CsvChunk {
  readonly importId: string;
  readonly seq: number;
}

/** A user to create. */
export interface ImportedUser {
  readonly id: string;
  readonly email: string;
  readonly emailNormalized: string;
  readonly displayName: string | null;
  readonly locale: string;
  readonly timezone: string;
  readonly roles: readonly string[];
  /** Of the audit event. */
  readonly reason: string;
}

/** The numbers of rows by what they became. */
export interface ImportCounts {
  readonly created: number;
  readonly skipped: number;
  readonly failed: number;
}

/** The users that a statement has created; each has an audit event. */
interface CreatedUsers {
  readonly created: ReadonlySet<string>;
  readonly events: number;
}

/**
 * Uploaded files of users in chunks. Chunks bypass Prisma, which encodes bytes as text, and the main pool, whose
 * connections slow uploads would occupy.
 */
@Injectable()
export class UsersImportRepository {
  private readonly chunks: PoolShare;

  constructor(
    private readonly db: Transactions,
    internal: InternalPool,
  ) {
    this.chunks = internal.pooled.share(1);
  }

  async insert(id: string, columns: readonly string[]): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO user_imports (id, columns, expires_at) VALUES (${id}::uuid, ${[...columns]}, now() + interval '1 hour')`;
  }

  async insertChunk(importId: string, seq: number, { data, firstLine, rows }: CsvChunk): Promise<void> {
    await this.chunks.query({
      text: 'INSERT INTO user_import_chunks (import_id, seq, first_line, rows, data) VALUES ($1, $2, $3, $4, $5)',
      values: [importId, seq, firstLine, rows, data],
    });
  }

  /** Gives a file to its job, in the caller's transaction; false when it has expired. */
  async assign(id: string, jobId: string): Promise<boolean> {
    const count = await this.db.tx.$executeRaw`
      UPDATE user_imports SET job_id = ${jobId}::uuid, expires_at = now() + interval '7 days'
      WHERE id = ${id}::uuid AND job_id IS NULL`;
    return count === 1;
  }

  async delete(id: string): Promise<void> {
    await this.db.tx.$executeRaw`DELETE FROM user_imports WHERE id = ${id}::uuid`;
  }

  /** Returns the file of a job, or undefined when it has none. */
  async find(id: string, jobId: string): Promise<StoredImport | undefined> {
    const [stored] = await this.db.tx.$queryRaw<StoredImport[]>`
      SELECT columns, coalesce(sum(rows), 0)::int AS rows,
        coalesce(sum(rows) FILTER (WHERE data IS NULL), 0)::int AS "processedRows"
      FROM user_imports LEFT JOIN user_import_chunks ON import_id = id
      WHERE id = ${id}::uuid AND job_id = ${jobId}::uuid GROUP BY id`;
    return stored;
  }

  /** Returns the first chunk that is not processed. */
  async findPending(importId: string): Promise<PendingChunk | undefined> {
    const { rows } = await this.chunks.query<Omit<PendingChunk, 'importId'> & Record<string, unknown>>({
      text: `
        SELECT seq, first_line AS "firstLine", rows, data FROM user_import_chunks
        WHERE import_id = $1 AND data IS NOT NULL ORDER BY seq LIMIT 1`,
      values: [importId],
    });
    return rows[0] && { ...rows[0], importId };
  }

  /**
   * Creates these users, except those whose email address belongs to a user that is not deleted, with an audit event
   * each. In the order of the unique index, so that concurrent imports do not deadlock.
   */
  async insertUsers(users: readonly ImportedUser[], audit: CommonAuditRow): Promise<CreatedUsers> {
    const rows = await this.db.tx.$queryRaw<{ id: string }[]>`
      WITH input AS (
        SELECT * FROM jsonb_to_recordset(${JSON.stringify(users)}::jsonb) AS input (
          id uuid, email text, "emailNormalized" text, "displayName" text, locale text, timezone text, roles text[],
          reason text
        )
      ), created AS (
        INSERT INTO users (id, email, email_normalized, display_name, locale, timezone, roles)
        SELECT id, email, "emailNormalized", "displayName", locale, timezone, roles FROM input
        ORDER BY "emailNormalized", id
        ON CONFLICT (email_normalized) WHERE deleted_at IS NULL DO NOTHING RETURNING id
      ), audited AS (
        ${insertAuditRows(
          audit,
          Prisma.sql`
            SELECT row_number() OVER (ORDER BY id)::int AS place, NULL::uuid AS session_id, reason, id AS subject
            FROM input JOIN created USING (id)`,
          Prisma.sql`subject`,
        )}
      )
      SELECT id FROM created`;
    return { created: new Set(rows.map(({ id }) => id)), events: rows.length };
  }

  /**
   * Replaces a chunk by its report, in the transaction that creates its users.
   * @throws when another attempt has processed it
   */
  async replace(
    importId: string,
    seq: number,
    { report, counts: { created, skipped, failed } }: { readonly report: string; readonly counts: ImportCounts },
  ): Promise<void> {
    const count = await this.db.tx.$executeRaw`
      UPDATE user_import_chunks
      SET data = NULL, report = ${report}, created = ${created}, skipped = ${skipped}, failed = ${failed}
      WHERE import_id = ${importId}::uuid AND seq = ${seq} AND data IS NOT NULL`;
    if (count !== 1) throw new Error('Another attempt has processed this chunk');
  }

  async counts(importId: string): Promise<ImportCounts> {
    const [counts] = await this.db.tx.$queryRaw<ImportCounts[]>`
      SELECT coalesce(sum(created), 0)::int AS created, coalesce(sum(skipped), 0)::int AS skipped,
        coalesce(sum(failed), 0)::int AS failed
      FROM user_import_chunks WHERE import_id = ${importId}::uuid`;
    return counts ?? { created: 0, skipped: 0, failed: 0 };
  }

  /** Returns the reports of the chunks after `after`, in order. */
  async findReports(importId: string, after: number, limit: number): Promise<{ seq: number; report: string }[]> {
    const { rows } = await this.chunks.query<{ seq: number; report: string }>({
      text: `
        SELECT seq, report FROM user_import_chunks
        WHERE import_id = $1 AND seq > $2 AND report IS NOT NULL ORDER BY seq LIMIT $3`,
      values: [importId, after, limit],
    });
    return rows;
  }
}
