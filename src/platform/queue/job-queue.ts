import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { afterCommit } from '../database/after-commit.ts';
import { currentRequest } from '../logging/request-context.ts';
import type { Job } from './job.ts';
import type { JobHandlerClass } from './job-handler.ts';
import { JobRegistry, typeOf } from './job-registry.ts';
import { JobsRepository } from './jobs.repository.ts';
import type { Payload } from './payload.ts';
import { parsePayload } from './payload.ts';
import { UnknownJobType } from './queue-errors.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';

/** Options of a new job. */
export interface EnqueueOptions {
  /** Earliest start; default now. */
  readonly runAt?: Date | undefined;
  /** A lower number runs sooner; default 0. */
  readonly priority?: number | undefined;
  readonly ownerId?: string | undefined;
  /** The occurrence of a schedule that the job is created for; the table rejects a second job of the same one. */
  readonly scheduledFor?: { readonly scheduleId: string; readonly at: Date } | undefined;
}

/** Enqueues jobs through the transactional outbox: a job exists if and only if the caller's transaction commits. */
@Injectable()
export class JobQueue {
  constructor(
    private readonly jobs: JobsRepository,
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
    const { queue } = type;
    const request = currentRequest();
    const job = await this.jobs.insert({
      id: uuidv7(),
      type: type.type,
      queue,
      ownerId: options.ownerId ?? null,
      payload: json,
      priority: options.priority ?? 0,
      maxAttempts: type.attempts,
      runAt: options.runAt ?? null,
      requestId: request?.requestId ?? null,
      traceparent: request?.traceparent ?? null,
      scheduleId: options.scheduledFor?.scheduleId ?? null,
      scheduledFor: options.scheduledFor?.at ?? null,
    });
    afterCommit(() => {
      this.dispatcher.notify(queue);
    });
    return job;
  }
}
