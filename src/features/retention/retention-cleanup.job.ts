import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiSchema } from '@nestjs/swagger';
import type { RetentionRule, RetentionTaskRunner } from '../../platform/feature/feature.ts';
import { FeatureRegistry } from '../../platform/feature/feature-registry.ts';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { internal, JobHandler } from '../../platform/queue/job-handler.ts';
import { IntegerField } from '../../platform/validation/fields.ts';
import { RetentionRepository } from './retention.repository.ts';

@ApiSchema({ description: 'How to delete expired rows.' })
export class RetentionCleanupPayload {
  @IntegerField({ min: 1, max: 10_000, default: 1000, description: 'Rows in one statement.' })
  readonly batch!: number;
}

const deleted = (rows: string): PropertyDecorator =>
  IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: `Number of deleted ${rows}.` });

@ApiSchema({ description: 'Number of deleted rows.' })
export class RetentionCleanupResult {
  @deleted('one-time tokens')
  readonly oneTimeTokens: number = 0;

  @deleted('refresh tokens')
  readonly refreshTokens: number = 0;

  @deleted('encrypted successors of used refresh tokens')
  readonly encryptedSuccessors: number = 0;

  @deleted('sessions')
  readonly sessions: number = 0;

  @deleted('users')
  readonly users: number = 0;

  @deleted('chunks of expired artifacts')
  readonly artifactChunks: number = 0;

  @deleted('artifacts')
  readonly artifacts: number = 0;

  @deleted('jobs')
  readonly jobs: number = 0;

  @deleted('emails')
  readonly mails: number = 0;

  @deleted('imports of users whose file was not used')
  readonly userImports: number = 0;

  @deleted('chunks of these imports')
  readonly userImportChunks: number = 0;

  @deleted('audit events')
  readonly auditEvents: number = 0;

  @deleted('idempotency records')
  readonly idempotencyRecords: number = 0;

  @deleted('rate limit buckets')
  readonly rateLimitBuckets: number = 0;
}

/** One batch of deleted rows. */
interface DeletedBatch {
  /** The rows, as the result of the job names them. */
  readonly name: string;
  readonly count: number;
}

/**
 * Deletes the rows that features declare as expired. Each batch is its own transaction of one statement, so that locks
 * are short and an aborted attempt loses nothing.
 */
@Injectable()
@JobHandler({
  type: 'retention.cleanup',
  description:
    'Deletes expired rows: tokens, sessions, jobs, artifacts, emails and what other features declare. ' +
    'Moves jobs that finished a week ago to the archive.',
  payload: RetentionCleanupPayload,
  result: RetentionCleanupResult,
  permission: internal,
})
export class RetentionCleanupJob implements JobHandler<
  RetentionCleanupPayload,
  RetentionCleanupResult,
  RetentionCleanupResult
> {
  private readonly log = new Logger(RetentionCleanupJob.name);

  constructor(
    private readonly features: FeatureRegistry,
    private readonly repository: RetentionRepository,
    private readonly modules: ModuleRef,
  ) {}

  async prepare({ batch }: RetentionCleanupPayload, { signal, progress }: JobContext): Promise<RetentionCleanupResult> {
    const counts: Record<string, number> = {};
    const errors: unknown[] = [];
    let total = 0;
    for (const rule of inOrder(this.features.retention)) {
      try {
        for await (const { name, count } of this.batchesOf(rule, batch, signal)) {
          counts[name] = (counts[name] ?? 0) + count;
          progress((total += count), null);
          signal.throwIfAborted();
        }
      } catch (error) {
        signal.throwIfAborted();
        // The other rules must not wait for the next attempt: a long transaction may block each attempt of a day.
        this.log.warn({ err: error, rule: 'table' in rule ? rule.table : rule.name }, 'Expired rows were not deleted');
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return this.resultOf(counts);
  }

  async run(
    _payload: RetentionCleanupPayload,
    _context: JobContext,
    result: RetentionCleanupResult,
  ): Promise<RetentionCleanupResult> {
    return await Promise.resolve(result);
  }

  /** Deletes the expired rows of one rule; each batch is deleted when it is requested. */
  private async *batchesOf(rule: RetentionRule, limit: number, signal: AbortSignal): AsyncGenerator<DeletedBatch> {
    if ('task' in rule) {
      const runner = this.modules.get<RetentionTaskRunner>(rule.task, { strict: false });
      yield* untilPartial(rule.name, limit, async () => await runner.deleteExpired(limit, signal));
      return;
    }
    if ('statement' in rule) {
      yield* untilPartial(rule.name, limit, async () => await this.repository.execute(rule.statement, limit));
      return;
    }
    const { children, table } = rule;
    let count: number;
    do {
      if (children !== undefined) {
        const deleteChildren = async (): Promise<number> => await this.repository.deleteChildren(rule, children, limit);
        yield* untilPartial(camelCase(children.table), limit, deleteChildren);
      }
      count = await this.repository.deleteRows(rule, limit);
      yield { name: camelCase(table), count };
    } while (count >= limit);
  }

  /** The result has the tables of the built-in features; counts of other tables are logged. */
  private resultOf(counts: Readonly<Record<string, number>>): RetentionCleanupResult {
    const result = new RetentionCleanupResult();
    const others = Object.entries(counts).filter(([name, count]) => !(name in result) && count > 0);
    if (others.length > 0) this.log.log({ deleted: Object.fromEntries(others) }, 'Expired rows deleted');
    return Object.assign(result, Object.fromEntries(Object.entries(counts).filter(([name]) => name in result)));
  }
}

/** Repeats a deletion until it deletes fewer rows than the limit. */
async function* untilPartial(
  name: string,
  limit: number,
  deleteBatch: () => Promise<number>,
): AsyncGenerator<DeletedBatch> {
  let count: number;
  do {
    count = await deleteBatch();
    yield { name, count };
  } while (count >= limit);
}

/** Tasks last: deleting a user cascades to rows that the rules of their own tables delete in batches. */
function inOrder(rules: readonly RetentionRule[]): RetentionRule[] {
  const isTask = (rule: RetentionRule): boolean => 'task' in rule;
  return [...rules.filter((rule) => !isTask(rule)), ...rules.filter(isTask)];
}

function camelCase(table: string): string {
  return table.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
