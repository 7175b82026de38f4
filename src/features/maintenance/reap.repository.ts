import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** Which rows of a table are of no use any more, and the order of the index that finds them. */
interface Useless {
  readonly table: Prisma.Sql;
  readonly over: Prisma.Sql;
  readonly order: Prisma.Sql;
}

const mailedTokens: Useless = {
  table: Prisma.sql`mailed_tokens`,
  over: Prisma.sql`LEAST(expires_at, consumed_at, voided_at) < now() - interval '7 days'`,
  order: Prisma.sql`LEAST(expires_at, consumed_at, voided_at)`,
};

const sessions: Useless = {
  table: Prisma.sql`sessions`,
  over: Prisma.sql`LEAST(expires_at, killed_at) < now() - interval '30 days'`,
  order: Prisma.sql`LEAST(expires_at, killed_at)`,
};

const jobs: Useless = {
  table: Prisma.sql`jobs`,
  over: Prisma.sql`finished_at < now() - interval '30 days'
    AND NOT EXISTS (SELECT FROM artifacts WHERE job_id = jobs.id AND expires_at > now())`,
  order: Prisma.sql`finished_at`,
};

/**
 * Deletes rows that are of no use any more: each method at most `limit` rows in one statement, and returns how many.
 * Rows that somebody else has locked are left for the next time. What hangs on a row and may be many goes before it: that
 * of the first `limit` rows, in the order in which they go then, so that each is looked at once.
 */
@Injectable()
export class ReapRepository {
  constructor(private readonly host: Transactions) {}

  /** Tokens that were used, voided or too old for 7 days. */
  async mailedTokens(limit: number): Promise<number> {
    return await this.delete(mailedTokens, limit);
  }

  /** All generations of sessions that ended 30 days ago; a live session keeps its own, they show a stolen token. */
  async refreshTokens(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM refresh_tokens WHERE id IN (
        SELECT t.id FROM (${first(sessions, limit)}) s JOIN refresh_tokens t ON t.session_id = s.id
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
    return await this.delete(sessions, limit);
  }

  /** Audit events that are older than so many days. */
  async auditEvents(limit: number, olderThanDays: number): Promise<number> {
    const [row] = await this.host.tx.$queryRaw<{ count: number }[]>`
      SELECT audit_events_expire(${olderThanDays}::int, ${limit}::int) AS count`;
    return row?.count ?? 0;
  }

  /**
   * The contents of artifacts that have expired or were discarded. The newest first: older ones, which are kept to tell that
   * they were there, have none.
   */
  async artifactChunks(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM artifact_chunks WHERE (artifact_id, seq) IN (
        SELECT c.artifact_id, c.seq FROM artifacts a JOIN artifact_chunks c ON c.artifact_id = a.id
        WHERE a.expires_at <= now() ORDER BY a.expires_at DESC LIMIT ${limit} FOR UPDATE OF c SKIP LOCKED
      )`;
  }

  /** What tells that there was an artifact, 30 days after it has expired; its job may be gone before. */
  async artifacts(limit: number): Promise<number> {
    const over = Prisma.sql`expires_at <= now() - interval '30 days'`;
    return await this.delete({ table: Prisma.sql`artifacts`, over, order: Prisma.sql`expires_at` }, limit);
  }

  /** Discarded artifacts, which tell nothing. */
  async discardedArtifacts(limit: number): Promise<number> {
    const over = Prisma.sql`discarded_at IS NOT NULL`;
    return await this.delete({ table: Prisma.sql`artifacts`, over, order: Prisma.sql`discarded_at` }, limit);
  }

  /** The events of jobs that finished 30 days ago. */
  async jobEvents(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM job_events WHERE (job_id, seq) IN (
        SELECT e.job_id, e.seq FROM (${first(jobs, limit)}) j JOIN job_events e ON e.job_id = j.id
        LIMIT ${limit} FOR UPDATE OF e SKIP LOCKED
      )`;
  }

  /** Jobs that finished 30 days ago, unless what they made can still be fetched. */
  async jobs(limit: number): Promise<number> {
    return await this.delete(jobs, limit);
  }

  /** Mails that were handed over 30 days ago. */
  async sentMails(limit: number): Promise<number> {
    const over = Prisma.sql`sent_at < now() - interval '30 days'`;
    return await this.delete({ table: Prisma.sql`mails`, over, order: Prisma.sql`sent_at` }, limit);
  }

  /** Mails that were not handed over within 60 days. */
  async unsentMails(limit: number): Promise<number> {
    const over = Prisma.sql`sent_at IS NULL AND created_at < now() - interval '60 days'`;
    return await this.delete({ table: Prisma.sql`mails`, over, order: Prisma.sql`created_at` }, limit);
  }

  /** What was answered under idempotency keys, once their day is over. */
  async idempotencyRecords(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM idempotency_records WHERE (scope, key) IN (
        SELECT scope, key FROM idempotency_records WHERE expires_at <= now() ORDER BY expires_at
        LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )`;
  }

  /** Buckets of attempts whose window has ended: their failures are forgotten already. */
  async attemptBuckets(limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM attempt_buckets WHERE key IN (
        SELECT key FROM attempt_buckets WHERE ends_at <= now() ORDER BY ends_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )`;
  }

  /** News of sessions, users and keys that every instance has heard an hour ago. */
  async accessChanges(limit: number): Promise<number> {
    const over = Prisma.sql`at < now() - interval '1 hour'`;
    return await this.delete({ table: Prisma.sql`access_changes`, over, order: Prisma.sql`at` }, limit);
  }

  /** Rows with an id of their own. */
  private async delete(useless: Useless, limit: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM ${useless.table} WHERE id IN (${first(useless, limit)} FOR UPDATE SKIP LOCKED)`;
  }
}

function first({ table, over, order }: Useless, limit: number): Prisma.Sql {
  return Prisma.sql`SELECT id FROM ${table} WHERE ${over} ORDER BY ${order} LIMIT ${limit}`;
}
