import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { Transactions } from '../../../src/platform/database/transactions.ts';
import { JobHandler } from '../../../src/platform/queue/job-handler.ts';
import type { JobContext } from '../../../src/platform/queue/job-handler.ts';
import { StringField, IntegerField } from '../../../src/platform/validation/fields.ts';

/** What a test job does. */
export class EffectPayload {
  @StringField({ min: 1, max: 64, description: 'Names the effect.' })
  readonly key!: string;

  @IntegerField({ min: 0, max: 100, optional: true, description: 'How many attempts fail first.' })
  readonly failures?: number;

  @IntegerField({ min: 0, max: 60_000, optional: true, description: 'How long the work takes, in milliseconds.' })
  readonly takesMs?: number;

  @StringField({ max: 16, optional: true, description: 'How it fails: throw-text, sql; or wait, for the lock 14.' })
  readonly fault?: string;
}

/** The result of a test job. */
export class EffectResult {
  @IntegerField({ min: 1, max: 1000, description: 'The attempt that succeeded.' })
  readonly attempt!: number;
}

/** Writes one row into test_effects, which shows a job that is executed twice. */
@Injectable()
@JobHandler({
  type: 'test.effect',
  description: 'Writes one row.',
  payload: EffectPayload,
  result: EffectResult,
  permission: 'internal',
  timeoutSeconds: 20,
})
export class EffectJob implements JobHandler<EffectPayload, EffectResult> {
  constructor(private readonly db: Transactions) {}

  async prepare(payload: EffectPayload, { attempt, signal, progress }: JobContext): Promise<undefined> {
    if (payload.takesMs !== undefined) {
      progress(0, payload.takesMs);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, payload.takesMs);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        });
      });
      progress(payload.takesMs, payload.takesMs);
    }
    if (attempt <= (payload.failures ?? 0)) throw new Error(`attempt ${attempt} fails`);
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the fault that is tested
    if (payload.fault === 'throw-text') throw 'just text';
    return undefined;
  }

  async run({ key, fault }: EffectPayload, { jobId, attempt }: JobContext): Promise<EffectResult> {
    if (fault === 'wait') await this.waitForLock();
    if (fault === 'sql') await this.db.tx.$executeRaw`INSERT INTO no_such_table VALUES (${key})`;
    await this.db.tx.$executeRaw`INSERT INTO test_effects (job_id, key) VALUES (${jobId}::uuid, ${key})`;
    return { attempt };
  }

  /** Asks again and again, because a statement may not wait long for a lock. */
  private async waitForLock(): Promise<void> {
    for (;;) {
      const [row] = await this.db.tx.$queryRaw<{ free: boolean }[]>`SELECT pg_try_advisory_xact_lock(14) AS free`;
      if (row?.free === true) return;
      await delay(20);
    }
  }
}

/** Never resolves, and ignores its signal. */
@Injectable()
@JobHandler({
  type: 'test.hang',
  description: 'Never ends.',
  payload: EffectPayload,
  result: EffectResult,
  permission: 'internal',
  attempts: 2,
  timeoutSeconds: 1,
})
export class HangJob implements JobHandler<EffectPayload, EffectResult> {
  async run(): Promise<EffectResult> {
    return await new Promise(() => undefined);
  }
}

/** Returns the number of its attempt, and writes nothing. */
@Injectable()
@JobHandler({
  type: 'test.bare',
  description: 'Writes nothing.',
  payload: EffectPayload,
  result: EffectResult,
  permission: 'internal',
  transactional: false,
})
export class BareJob implements JobHandler<EffectPayload, EffectResult> {
  async run({ takesMs = 0 }: EffectPayload, { attempt }: JobContext): Promise<EffectResult> {
    await delay(takesMs);
    return { attempt };
  }
}

/** At most two run at the same time. */
@Injectable()
@JobHandler({
  type: 'test.narrow',
  description: 'Writes nothing.',
  payload: EffectPayload,
  result: EffectResult,
  permission: 'internal',
  concurrency: 2,
})
export class NarrowJob extends BareJob {}

/** Three start at once, and then one in twenty minutes. */
@Injectable()
@JobHandler({
  type: 'test.rare',
  description: 'Writes nothing.',
  payload: EffectPayload,
  result: EffectResult,
  permission: 'internal',
  rateLimit: { jobs: 3, seconds: 3600 },
})
export class RareJob extends BareJob {}

/** Types of job for tests. */
@Module({ providers: [BareJob, NarrowJob, RareJob, EffectJob, HangJob] })
export class TestJobsModule {}

/** The table of effects; without a key, so that a second effect is counted. */
export const effectsTable =
  'CREATE TABLE test_effects (job_id uuid NOT NULL, key text NOT NULL, at timestamptz DEFAULT clock_timestamp())';
