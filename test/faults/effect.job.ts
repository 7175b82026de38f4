import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Transactions } from '../../src/platform/database/transactions.ts';
import type { JobContext } from '../../src/platform/queue/job-handler.ts';
import { anyUser, JobHandler } from '../../src/platform/queue/job-handler.ts';
import { StringField, IntegerField } from '../../src/platform/validation/fields.ts';

/** The work and the fault of one job. */
export class EffectPayload {
  @StringField({ min: 1, max: 64, description: 'Names the job.' })
  readonly key!: string;

  @IntegerField({ min: 0, max: 60_000, optional: true, description: 'Milliseconds of work before the transaction.' })
  readonly prepareMs?: number;

  @IntegerField({
    min: 0,
    max: 60_000,
    optional: true,
    description: 'Milliseconds inside the transaction, after the effect.',
  })
  readonly runMs?: number;

  @StringField({ max: 16, optional: true, description: 'The fault: exit, block or block-once.' })
  readonly fault?: string;
}

/** The result of one job. */
export class EffectResult {
  @IntegerField({ min: 1, max: 1000, description: 'The attempt that succeeded.' })
  readonly attempt!: number;
}

const common = { payload: EffectPayload, result: EffectResult, permission: 'internal' } as const;

/** Identifies this process in the tables of a scenario. */
const processName = process.env['SCENARIO_PROCESS'] ?? `pid ${process.pid}`;

const blockMs = 15_000;

/**
 * Records each attempt outside any transaction, then inserts one row into a table without a unique key, where a
 * duplicate effect is visible. It has more attempts than other jobs because scenarios kill its process.
 */
@Injectable()
@JobHandler({ ...common, type: 'scenario.effect', description: 'Writes one row.', attempts: 20 })
export class EffectJob implements JobHandler<EffectPayload, EffectResult> {
  constructor(private readonly db: Transactions) {}

  async prepare(payload: EffectPayload, { jobId, attempt, signal }: JobContext): Promise<undefined> {
    await this.db.tx.$executeRaw`
      INSERT INTO scenario_attempts (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${processName})`;
    if (payload.prepareMs !== undefined) await delay(payload.prepareMs, undefined, { signal });
    injectFault(payload.fault, attempt);
    return undefined;
  }

  async run({ runMs = 0 }: EffectPayload, { jobId, attempt }: JobContext): Promise<EffectResult> {
    await this.db.tx.$executeRaw`
      INSERT INTO scenario_effects (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${processName})`;
    if (runMs > 0) await this.db.tx.$executeRaw`SELECT pg_sleep(${runMs / 1000})`;
    return { attempt };
  }
}

/** The same with the default number of attempts. */
@Injectable()
@JobHandler({ ...common, type: 'scenario.ordinary', description: 'Writes one row, within five attempts.' })
export class OrdinaryJob extends EffectJob {}

/** Inserts the row only: the cost of a job itself. */
@Injectable()
@JobHandler({ ...common, permission: anyUser, type: 'scenario.bare', description: 'Writes one row and nothing else.' })
export class BareJob implements JobHandler<EffectPayload, EffectResult> {
  constructor(private readonly db: Transactions) {}

  async run(_: EffectPayload, { jobId, attempt }: JobContext): Promise<EffectResult> {
    await this.db.tx.$executeRaw`
      INSERT INTO scenario_effects (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${processName})`;
    return { attempt };
  }
}

/** The tables of attempts, effects and kills. */
export const scenarioTables = `
  CREATE TABLE scenario_attempts (job_id uuid NOT NULL, attempt int NOT NULL, process text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE scenario_effects (job_id uuid NOT NULL, attempt int NOT NULL, process text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE scenario_kills (process text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  UPDATE job_schedules SET paused_at = now();`;

function injectFault(fault: string | undefined, attempt: number): void {
  if (fault === 'exit') process.exit(3);
  if (fault === 'block' || (fault === 'block-once' && attempt === 1)) blockEventLoop();
}

/** Blocks the event loop. */
function blockEventLoop(): void {
  const end = Date.now() + blockMs;
  while (Date.now() < end);
}
