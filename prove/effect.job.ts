import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Transactions } from '../src/database/transactions.ts';
import type { JobContext } from '../src/queue/job-handler.ts';
import { anyUser, JobHandler } from '../src/queue/job-handler.ts';
import { Text, Whole } from '../src/validation/fields.ts';

/** What a job of a proof shall do. */
export class EffectPayload {
  @Text({ min: 1, max: 64, description: 'Names the job.' })
  readonly key!: string;

  @Whole({ min: 0, max: 60_000, optional: true, description: 'Milliseconds of work before the transaction.' })
  readonly prepareMs?: number;

  @Whole({
    min: 0,
    max: 60_000,
    optional: true,
    description: 'Milliseconds inside the transaction, behind the effect.',
  })
  readonly runMs?: number;

  @Text({ max: 16, optional: true, description: 'How it misbehaves: exit, spin, spin-once.' })
  readonly fault?: string;
}

/** What a job of a proof did. */
export class EffectResult {
  @Whole({ min: 1, max: 1000, description: 'The attempt that succeeded.' })
  readonly attempt!: number;
}

const common = { payload: EffectPayload, result: EffectResult, permission: 'internal' } as const;

/** Which process this is, in the tables of a proof. */
const processName = process.env['PROVE_PROCESS'] ?? `pid ${process.pid}`;

const spinMs = 15_000;

/**
 * Notes each attempt outside of any transaction, then writes one row into a table that has no key: whatever is done
 * twice is seen there. More attempts than usual, for its process is killed on purpose.
 */
@Injectable()
@JobHandler({ ...common, type: 'prove.effect', description: 'Writes one row.', attempts: 20 })
export class EffectJob implements JobHandler<EffectPayload, EffectResult> {
  constructor(private readonly host: Transactions) {}

  async prepare(payload: EffectPayload, { jobId, attempt, signal }: JobContext): Promise<undefined> {
    await this.host.tx.$executeRaw`
      INSERT INTO prove_attempts (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${processName})`;
    if (payload.prepareMs !== undefined) await delay(payload.prepareMs, undefined, { signal });
    misbehave(payload.fault, attempt);
    return undefined;
  }

  async run({ runMs = 0 }: EffectPayload, { jobId, attempt }: JobContext): Promise<EffectResult> {
    await this.host.tx.$executeRaw`
      INSERT INTO prove_effects (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${processName})`;
    if (runMs > 0) await this.host.tx.$executeRaw`SELECT pg_sleep(${runMs / 1000})`;
    return { attempt };
  }
}

/** The same with as many attempts as any other job has. */
@Injectable()
@JobHandler({ ...common, type: 'prove.ordinary', description: 'Writes one row, within five attempts.' })
export class OrdinaryJob extends EffectJob {}

/** Nothing but the row: what a job costs by itself. */
@Injectable()
@JobHandler({ ...common, permission: anyUser, type: 'prove.bare', description: 'Writes one row and nothing else.' })
export class BareJob implements JobHandler<EffectPayload, EffectResult> {
  constructor(private readonly host: Transactions) {}

  async run(_: EffectPayload, { jobId, attempt }: JobContext): Promise<EffectResult> {
    await this.host.tx.$executeRaw`
      INSERT INTO prove_effects (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${processName})`;
    return { attempt };
  }
}

/** Where attempts, effects and kills are written down. */
export const proveTables = `
  CREATE TABLE prove_attempts (job_id uuid NOT NULL, attempt int NOT NULL, process text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE prove_effects (job_id uuid NOT NULL, attempt int NOT NULL, process text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE prove_kills (process text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  UPDATE job_schedules SET paused_at = now();`;

function misbehave(fault: string | undefined, attempt: number): void {
  if (fault === 'exit') process.exit(3);
  if (fault === 'spin' || (fault === 'spin-once' && attempt === 1)) spin();
}

/** Keeps the event loop from turning. */
function spin(): void {
  const end = Date.now() + spinMs;
  while (Date.now() < end);
}
