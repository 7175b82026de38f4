import { Inject, Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import type { JobContext } from '../../queue/job-handler.ts';
import { internal, JobHandler } from '../../queue/job-handler.ts';
import { Whole } from '../../validation/fields.ts';
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
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  async prepare({ batch }: ReapPayload, { signal, progress }: JobContext): Promise<ReapResult> {
    let total = 0;
    const reap = async (some: (limit: number) => Promise<number>): Promise<number> => {
      for (let all = 0; ;) {
        signal.throwIfAborted();
        const count = await some(batch);
        all += count;
        total += count;
        progress(total, null);
        if (count < batch) return all;
      }
    };
    const mailedTokens = await reap(async (limit) => await this.rows.mailedTokens(limit));
    const refreshTokens = await reap(async (limit) => await this.rows.refreshTokens(limit));
    const sealedSuccessors = await reap(async (limit) => await this.rows.sealedSuccessors(limit));
    const sessions = await reap(async (limit) => await this.rows.sessions(limit));
    const users = await reap(async (limit) => await this.rows.users(limit));
    const artifactChunks = await reap(async (limit) => await this.rows.artifactChunks(limit));
    const artifacts = await reap(async (limit) => await this.rows.artifacts(limit));
    await reap(async (limit) => await this.rows.jobEvents(limit));
    const jobs = await reap(async (limit) => await this.rows.jobs(limit));
    const mails = await reap(async (limit) => await this.rows.mails(limit));
    const { auditRetentionDays: days } = this.config;
    const auditEvents = days === undefined ? 0 : await reap(async (limit) => await this.rows.auditEvents(limit, days));
    const idempotencyRecords = await reap(async (limit) => await this.rows.idempotencyRecords(limit));
    await reap(async (limit) => await this.rows.accessChanges(limit));
    const attemptBuckets = await reap(async (limit) => await this.rows.attemptBuckets(limit));
    return {
      mailedTokens,
      refreshTokens,
      sealedSuccessors,
      sessions,
      users,
      artifactChunks,
      artifacts,
      jobs,
      mails,
      auditEvents,
      idempotencyRecords,
      attemptBuckets,
    };
  }

  async run(_payload: ReapPayload, _context: JobContext, reaped: ReapResult): Promise<ReapResult> {
    return await Promise.resolve(reaped);
  }
}
