import { Inject, Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import type { JobContext } from '../../queue/job-handler.ts';
import { internal, JobHandler } from '../../queue/job-handler.ts';
import { Whole } from '../../validation/fields.ts';
import { PurgeRepository } from './purge.repository.ts';
import { ReapRepository } from './reap.repository.ts';

@ApiSchema({ description: 'How to delete what has expired.' })
export class ReapPayload {
  @Whole({ min: 1, max: 10_000, default: 1000, description: 'Rows in one statement.' })
  readonly batch!: number;
}

const deleted = (what: string): PropertyDecorator =>
  Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, description: `How many ${what} were deleted.` });

@ApiSchema({ description: 'How much was deleted.' })
export class ReapResult {
  @deleted('mailed tokens')
  readonly mailedTokens!: number;

  @deleted('refresh tokens')
  readonly refreshTokens!: number;

  @Whole({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'How many sealed successors of used tokens were forgotten.',
  })
  readonly sealedSuccessors!: number;

  @deleted('sessions')
  readonly sessions!: number;

  @deleted('users')
  readonly users!: number;

  @deleted('parts of expired artifacts')
  readonly artifactChunks!: number;

  @deleted('artifacts')
  readonly artifacts!: number;

  @deleted('jobs')
  readonly jobs!: number;

  @deleted('mails')
  readonly mails!: number;

  @deleted('audit events')
  readonly auditEvents!: number;

  @deleted('idempotency records')
  readonly idempotencyRecords!: number;

  @deleted('buckets of attempts')
  readonly attemptBuckets!: number;
}

/** Deletes at most so many rows, and tells how many. */
type Some = (limit: number) => Promise<number>;

/**
 * Deletes what is of no use any more. Each batch is a transaction of its own, as short as one statement: nobody waits
 * long for a lock, and an attempt that is stopped has lost nothing.
 */
@Injectable()
@JobHandler({
  type: 'maintenance.reap',
  description:
    'Deletes expired tokens, ended sessions, expired artifacts and idempotency records, ended buckets of attempts, and old jobs, mails and audit events.',
  payload: ReapPayload,
  result: ReapResult,
  permission: internal,
})
export class ReapJob implements JobHandler<ReapPayload, ReapResult, ReapResult> {
  constructor(
    private readonly rows: ReapRepository,
    private readonly users: PurgeRepository,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  async prepare({ batch }: ReapPayload, { signal, progress }: JobContext): Promise<ReapResult> {
    let total = 0;
    const once = async (some: Some): Promise<number> => {
      signal.throwIfAborted();
      const count = await some(batch);
      progress((total += count), null);
      return count;
    };
    const all = async (some: Some): Promise<number> => {
      for (let sum = 0; ;) {
        const count = await once(some);
        sum += count;
        if (count < batch) return sum;
      }
    };
    /** Batch by batch, what hangs on the rows goes before them. */
    const tree = async (parts: Some, rows: Some): Promise<{ parts: number; rows: number }> => {
      for (const sums = { parts: 0, rows: 0 }; ;) {
        sums.parts += await all(parts);
        const count = await once(rows);
        sums.rows += count;
        if (count < batch) return sums;
      }
    };
    const { rows } = this;
    const mailedTokens = await all(async (limit) => await rows.mailedTokens(limit));
    const sealedSuccessors = await all(async (limit) => await rows.sealedSuccessors(limit));
    const sessions = await tree(
      async (limit) => await rows.refreshTokens(limit),
      async (limit) => await rows.sessions(limit),
    );
    const users = await all(async (limit) => await this.purge(limit, signal));
    const artifactChunks = await all(async (limit) => await rows.artifactChunks(limit));
    const discarded = await all(async (limit) => await rows.discardedArtifacts(limit));
    const artifacts = discarded + (await all(async (limit) => await rows.artifacts(limit)));
    const jobs = await tree(
      async (limit) => await rows.jobEvents(limit),
      async (limit) => await rows.jobs(limit),
    );
    const sentMails = await all(async (limit) => await rows.sentMails(limit));
    const mails = sentMails + (await all(async (limit) => await rows.unsentMails(limit)));
    const { auditRetentionDays: days } = this.config;
    const auditEvents = days === undefined ? 0 : await all(async (limit) => await rows.auditEvents(limit, days));
    const idempotencyRecords = await all(async (limit) => await rows.idempotencyRecords(limit));
    await all(async (limit) => await rows.accessChanges(limit));
    const attemptBuckets = await all(async (limit) => await rows.attemptBuckets(limit));
    return {
      mailedTokens,
      refreshTokens: sessions.parts,
      sealedSuccessors,
      sessions: sessions.rows,
      users,
      artifactChunks,
      artifacts,
      jobs: jobs.rows,
      mails,
      auditEvents,
      idempotencyRecords,
      attemptBuckets,
    };
  }

  async run(_payload: ReapPayload, _context: JobContext, reaped: ReapResult): Promise<ReapResult> {
    return await Promise.resolve(reaped);
  }

  /** Deletes users for good, once the audit trail has forgotten where they were: batch by batch, however much there is. */
  private async purge(limit: number, signal: AbortSignal): Promise<number> {
    const ids = await this.users.findNext(limit);
    for (const id of ids) {
      while (await this.users.forgetNext(id, limit)) signal.throwIfAborted();
      signal.throwIfAborted();
    }
    return ids.length === 0 ? 0 : await this.users.delete(ids);
  }
}
