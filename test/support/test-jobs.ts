import { Injectable, Module } from '@nestjs/common';
import { Transactions } from '../../src/database/transactions.ts';
import { JobHandler } from '../../src/queue/job-handler.ts';
import type { JobContext } from '../../src/queue/job-handler.ts';
import { Text, Whole } from '../../src/validation/fields.ts';

/** What a test job shall do. */
export class EffectPayload {
  @Text({ min: 1, max: 64, description: 'Names the effect.' })
  readonly key!: string;

  @Whole({ min: 0, max: 100, optional: true, description: 'How many attempts fail first.' })
  readonly failures?: number;

  @Whole({ min: 0, max: 60_000, optional: true, description: 'How long the work takes, in milliseconds.' })
  readonly takesMs?: number;

  @Text({ max: 16, optional: true, description: 'How it misbehaves: throw-text, hang, exit, spin.' })
  readonly fault?: string;
}

/** What a test job did. */
export class EffectResult {
  @Whole({ min: 1, max: 1000, description: 'The attempt that succeeded.' })
  readonly attempt!: number;
}

/** Writes one row into test_effects: a job that is done twice is seen there. */
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
  constructor(private readonly host: Transactions) {}

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
    await misbehave(payload.fault);
    return undefined;
  }

  async run({ key }: EffectPayload, { jobId, attempt }: JobContext): Promise<EffectResult> {
    await this.host.tx.$executeRaw`INSERT INTO test_effects (job_id, key) VALUES (${jobId}::uuid, ${key})`;
    return { attempt };
  }
}

/** The feature of the tests. */
@Module({ providers: [EffectJob] })
export class TestJobsModule {}

/** Where effects are counted: rows, not keys, so that a second effect shows. */
export const effectsTable =
  'CREATE TABLE test_effects (job_id uuid NOT NULL, key text NOT NULL, at timestamptz DEFAULT clock_timestamp())';

async function misbehave(fault: string | undefined): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- the fault that is tested
  if (fault === 'throw-text') throw 'just text';
  if (fault === 'hang') await new Promise(() => undefined);
  if (fault === 'exit') process.exit(3);
  if (fault === 'spin') for (const end = Date.now() + 15_000; Date.now() < end;);
}
