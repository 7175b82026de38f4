import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { afterCommit } from '../database/after-commit.ts';
import { currentRequest } from '../logging/request-context.ts';
import type { Job, QueueName } from './job.ts';
import type { JobDeclaration, JobHandlerClass } from './job-handler.ts';
import { JobRegistry, typeOf } from './job-registry.ts';
import type { NewJobEntry, NewJobs } from './new-jobs.repository.ts';
import { NewJobsRepository } from './new-jobs.repository.ts';
import type { Payload } from './payload.ts';
import { parsePayload } from './payload.ts';
import { UnknownJobType } from './queue-errors.ts';
import { isLimited } from './dispatch/type-limits.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';

/** Options of a new job. */
export interface EnqueueOptions {
  /** Earliest start; default now. */
  readonly runAt?: Date | undefined;
  /** A lower number runs sooner; default 0. */
  readonly priority?: number | undefined;
  readonly ownerId?: string | undefined;
  /**
   * While an unfinished job of the same type has this key, no job is stored, and the existing one is returned; 1 to 128
   * characters. Keys of different users must be different.
   */
  readonly deduplicationKey?: string | undefined;
  /** The occurrence of a schedule that the job is created for; the table rejects a second job of the same one. */
  readonly scheduledFor?: { readonly scheduleId: string; readonly at: Date } | undefined;
}

/** Jobs that are stored by one statement: each payload has up to 64 KiB. */
const maxInserted = 500;

/** Enqueues jobs through the transactional outbox: a job exists if and only if the caller's transaction commits. */
@Injectable()
export class JobQueue {
  constructor(
    private readonly jobs: NewJobsRepository,
    private readonly registry: JobRegistry,
    private readonly dispatcher: Dispatcher,
  ) {}

  /**
   * Stores a job in the caller's transaction and returns its id.
   * @throws InvalidPayload
   */
  async enqueue<Value extends object>(
    handler: JobHandlerClass<Value>,
    value: Value,
    options: EnqueueOptions = {},
  ): Promise<string> {
    const { id } = await this.enqueueValidated(await parsePayload(typeOf(handler), value), options);
    return id;
  }

  /**
   * Stores a job of a type that is given by name, and returns it.
   * @throws UnknownJobType, InvalidPayload
   */
  async enqueueByType(type: string, value: unknown, options: EnqueueOptions = {}): Promise<Job> {
    const jobType = this.registry.find(type);
    if (jobType === undefined) throw new UnknownJobType(type);
    return await this.enqueueValidated(await parsePayload(jobType, value), options);
  }

  /** Stores a job whose payload is validated already, and returns it. */
  async enqueueValidated({ type, json }: Payload, options: EnqueueOptions = {}): Promise<Job> {
    const job = await this.jobs.insert({ id: uuidv7(), payload: json }, newJobs(type, options));
    this.notify(type.queue);
    return job;
  }

  /**
   * Stores jobs with these payloads in the caller's transaction, up to 500 in one statement, and returns their ids in
   * order. All payloads are validated before.
   * @throws InvalidPayload
   */
  async enqueueAll<Value extends object>(
    handler: JobHandlerClass<Value>,
    values: readonly Value[],
    options: Omit<EnqueueOptions, 'deduplicationKey' | 'scheduledFor'> = {},
  ): Promise<string[]> {
    const type = typeOf(handler);
    const entries: NewJobEntry[] = [];
    for (const value of values) entries.push({ id: uuidv7(), payload: (await parsePayload(type, value)).json });
    for (let first = 0; first < entries.length; first += maxInserted)
      await this.jobs.insertAll(entries.slice(first, first + maxInserted), newJobs(type, options));
    if (entries.length > 0) this.notify(type.queue);
    return entries.map(({ id }) => id);
  }

  private notify(queue: QueueName): void {
    afterCommit(() => {
      this.dispatcher.notify(queue);
    });
  }
}

function newJobs(type: JobDeclaration, options: EnqueueOptions): NewJobs {
  const request = currentRequest();
  return {
    type: type.type,
    queue: type.queue,
    ownerId: options.ownerId ?? null,
    priority: options.priority ?? 0,
    maxAttempts: type.attempts,
    limitedBy: isLimited(type) ? type.type : null,
    runAt: options.runAt ?? null,
    requestId: request?.requestId ?? null,
    traceparent: request?.traceparent ?? null,
    scheduleId: options.scheduledFor?.scheduleId ?? null,
    scheduledFor: options.scheduledFor?.at ?? null,
    deduplicationKey: options.deduplicationKey ?? null,
  };
}
