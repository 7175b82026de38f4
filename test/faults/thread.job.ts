import { pbkdf2Sync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { Injectable, Logger } from '@nestjs/common';
import { Transactions } from '../../src/platform/database/transactions.ts';
import type { JobContext } from '../../src/platform/queue/job-handler.ts';
import { JobHandler } from '../../src/platform/queue/job-handler.ts';
import { NonRetryableError } from '../../src/platform/queue/queue-errors.ts';
import { BooleanField, IntegerField, StringField } from '../../src/platform/validation/fields.ts';
import { EffectResult } from './effect.job.ts';

/** The work and the fault of one job in a worker thread. */
export class ThreadPayload {
  @IntegerField({ min: 0, max: 60_000, optional: true, description: 'Milliseconds without a pause.' })
  readonly blockMs?: number;

  @StringField({ max: 500, optional: true, description: 'Computes without a pause until this file exists.' })
  readonly untilFile?: string;

  @BooleanField({ optional: true, description: 'Whether it reports its progress and stops when its signal fires.' })
  readonly isCooperative?: boolean;

  @BooleanField({ optional: true, description: 'Whether it computes in its transaction, after its effect.' })
  readonly isInTransaction?: boolean;

  @StringField({ max: 16, optional: true, description: 'The fault of its first attempt.' })
  readonly fault?: string;
}

/** What the first attempt does instead of its work, by the name of the fault. */
const faults: Readonly<Record<string, () => Promise<void>>> = {
  exit: () => process.exit(3),
  uncaught: async () => {
    setTimeout(() => {
      throw new Error('thrown from a timer');
    });
    await new Promise(() => undefined);
  },
  memory: async () => {
    const kept: object[] = [];
    for (;;) kept.push(Array.from({ length: 1e5 }, () => kept.length));
    await Promise.resolve();
  },
  native: async () => {
    // Some ten minutes, which nothing interrupts.
    pbkdf2Sync('', '', 2 ** 31 - 1, 64, 'sha512');
    await Promise.resolve();
  },
  throw: async () => {
    await Promise.resolve();
    throw new RangeError('the first attempt fails');
  },
  final: async () => {
    await Promise.resolve();
    throw new NonRetryableError('never again');
  },
};

/** Records each attempt with its thread, computes without a pause, and inserts one row into the table of effects. */
@Injectable()
@JobHandler({
  type: 'scenario.thread',
  description: 'Computes in a worker thread.',
  payload: ThreadPayload,
  result: EffectResult,
  permission: 'internal',
  workerThread: true,
})
export class ThreadJob implements JobHandler<ThreadPayload, EffectResult> {
  private readonly log = new Logger(ThreadJob.name);

  constructor(private readonly db: Transactions) {}

  async prepare(payload: ThreadPayload, context: JobContext): Promise<undefined> {
    const { jobId, attempt } = context;
    await this.db.tx.$executeRaw`
      INSERT INTO scenario_attempts (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${String(threadId)})`;
    this.log.log({ threadId }, 'computes');
    if (attempt === 1) await faults[payload.fault ?? '']?.();
    if (payload.isInTransaction !== true) compute(payload, context);
    return undefined;
  }

  async run(payload: ThreadPayload, context: JobContext): Promise<EffectResult> {
    const { jobId, attempt } = context;
    await this.db.tx.$executeRaw`
      INSERT INTO scenario_effects (job_id, attempt, process) VALUES (${jobId}::uuid, ${attempt}, ${String(threadId)})`;
    if (payload.isInTransaction === true) compute(payload, context);
    return { attempt };
  }
}

/** Has no pause: a timer or a message of the thread waits for its end. */
function compute({ blockMs = 0, untilFile, isCooperative = false }: ThreadPayload, context: JobContext): void {
  const end = performance.now() + blockMs;
  const isDone = (): boolean => performance.now() >= end && (untilFile === undefined || existsSync(untilFile));
  for (let step = 1; !isDone(); step += 1) {
    if (!isCooperative) continue;
    context.progress(step);
    context.signal.throwIfAborted();
  }
}
