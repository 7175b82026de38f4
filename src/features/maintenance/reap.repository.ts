import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/**
 * Deletes rows that are of no use any more: each method at most `limit` rows in one statement, and returns how many.
 * Rows that somebody else has locked are left for the next time. What hangs on a row and may be many goes before it.
 */
@Injectable()
export class ReapRepository {
  constructor(private readonly host: Transactions) {}

  /** Tokens that were used, voided or too old for 7 days. */
  async mailedTokens(limit: number): Promise<number> {
    const over = Prisma.sql`LEAST(expires_at, consumed_at, voided_at) < now() - interval '7 days'`;
    return await this.delete(Prisma.sql`mailed_tokens`, over, limit);
  }

  /** All generations of sessions that ended 30 days ago; a live session keeps its own, they show a stolen token. */
  async refreshTokens(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM refresh_tokens WHERE id IN (
        SELECT t.id FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id
        WHERE LEAST(s.expires_at, s.killed_at) < now() - interval '30 days'
        LIMIT ${limit} FOR UPDATE OF t SKIP LOCKED
      )`;
  }

  /**
   * Forgets the sealed successors of tokens that were used a minute ago: no grace is longer than half of that. Returns how
   * many.
   */
  async sealedSuccessors(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      UPDATE refresh_tokens SET sealed_child = NULL WHERE id IN (
        SELECT id FROM refresh_tokens WHERE sealed_child IS NOT NULL AND used_at < now() - interval '1 minute'
        LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )`;
  }

  /** Sessions that ended 30 days ago. */
  async sessions(limit: number): Promise<number> {
    const over = Prisma.sql`LEAST(expires_at, killed_at) < now() - interval '30 days'`;
    return await this.delete(Prisma.sql`sessions`, over, limit);
  }

  /**
   * Users who were deleted 30 days ago, and can't be restored any more; accounts that nobody has verified in 30 days. A
   * trigger blanks in the audit trail where they were.
   */
  async users(limit: number): Promise<number> {
    const over = Prisma.sql`
        deleted_at < now() - interval '30 days'
          OR email_verified_at IS NULL AND deleted_at IS NULL AND updated_at < now() - interval '30 days'`;
    return await this.delete(Prisma.sql`users`, over, limit);
  }

  /** Audit events that are older than so many days. */
  async auditEvents(limit: number, olderThanDays: number): Promise<number> {
    const [row] = await this.host.tx.$queryRaw<{ count: number }[]>`
      SELECT audit_events_expire(${olderThanDays}::int, ${limit}::int) AS count`;
    return row?.count ?? 0;
  }

  /** The contents of artifacts that have expired or were discarded. */
  async artifactChunks(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM artifact_chunks WHERE (artifact_id, seq) IN (
        SELECT c.artifact_id, c.seq FROM artifacts a JOIN artifact_chunks c ON c.artifact_id = a.id
        WHERE a.expires_at <= now() LIMIT ${limit} FOR UPDATE OF c SKIP LOCKED
      )`;
  }

  /**
   * What tells that there was an artifact, 30 days after it has expired; its job may be gone before. Discarded ones at once:
   * they tell nothing.
   */
  async artifacts(limit: number): Promise<number> {
    const over = Prisma.sql`expires_at <= now() - interval '30 days' OR discarded_at IS NOT NULL`;
    return await this.delete(Prisma.sql`artifacts`, over, limit);
  }

  async jobEvents(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM job_events WHERE (job_id, seq) IN (
        SELECT e.job_id, e.seq FROM jobs j JOIN job_events e ON e.job_id = j.id
        WHERE j.finished_at < now() - interval '30 days'
          AND NOT EXISTS (SELECT FROM artifacts WHERE job_id = j.id AND expires_at > now())
        LIMIT ${limit} FOR UPDATE OF j, e SKIP LOCKED
      )`;
  }

  /** Jobs that finished 30 days ago, unless what they made can still be fetched. */
  async jobs(limit: number): Promise<number> {
    const over = Prisma.sql`
        finished_at < now() - interval '30 days'
          AND NOT EXISTS (SELECT FROM artifacts WHERE job_id = jobs.id AND expires_at > now())`;
    return await this.delete(Prisma.sql`jobs`, over, limit);
  }

  /** Mails that were handed over 30 days ago, or never were within 60. */
  async mails(limit: number): Promise<number> {
    const over = Prisma.sql`sent_at < now() - interval '30 days' OR sent_at IS NULL AND created_at < now() - interval '60 days'`;
    return await this.delete(Prisma.sql`mails`, over, limit);
  }

  /** What was answered under idempotency keys, once their day is over. */
  async idempotencyRecords(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM idempotency_records WHERE (scope, key) IN (
        SELECT scope, key FROM idempotency_records WHERE expires_at <= now() LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )`;
  }

  /** Buckets of attempts whose window has ended: their failures are forgotten already. */
  async attemptBuckets(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM attempt_buckets WHERE key IN (
        SELECT key FROM attempt_buckets WHERE ends_at <= now() LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )`;
  }

  /** News of sessions, users and keys that every instance has heard an hour ago. */
  async accessChanges(limit: number): Promise<number> {
    return await this.delete(Prisma.sql`access_changes`, Prisma.sql`at < now() - interval '1 hour'`, limit);
  }

  /** Rows with an id of their own, by a condition that no other table is joined for. */
  private async delete(table: Prisma.Sql, over: Prisma.Sql, limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${over} LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }
}
