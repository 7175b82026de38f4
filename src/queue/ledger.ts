import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { afterCommit } from '../database/after-commit.ts';
import { currentRequest } from '../logging/request-context.ts';
import type { Job } from './job.ts';
import type { JobHandlerClass } from './job-handler.ts';
import { JobRegistry, typeOf } from './job-registry.ts';
import { LedgerRepository } from './ledger.repository.ts';
import type { Payload } from './payload.ts';
import { payloadFor } from './payload.ts';
import { UnknownJobType } from './queue-errors.ts';
import { Relay } from './relay.ts';

/** How a job is wanted. */
export interface EnqueueOptions {
  /** Not before this; at once unless told. */
  readonly runAt?: Date | undefined;
  /** Lower is sooner; 0 unless told. */
  readonly priority?: number | undefined;
  readonly ownerId?: string | undefined;
  /** The tick of a schedule that the job stands for; a second job of the same tick is refused by the table. */
  readonly tick?: { readonly scheduleId: string; readonly at: Date } | undefined;
}

/** Where work is promised: a job exists if and only if the transaction that enqueued it committed. */
@Injectable()
export class Ledger {
  constructor(
    private readonly jobs: LedgerRepository,
    private readonly registry: JobRegistry,
    private readonly relay: Relay,
  ) {}

  /**
   * Promises a job in the caller's transaction and returns its id.
   * @throws PayloadInvalid
   */
  async enqueue<Value extends object>(
    handler: JobHandlerClass<Value>,
    value: Value,
    options: EnqueueOptions = {},
  ): Promise<string> {
    const { id } = await this.promise(await payloadFor(typeOf(handler), value), options);
    return id;
  }

  /**
   * The same for a type that is known by name alone; returns the job as it is stored.
   * @throws UnknownJobType, PayloadInvalid
   */
  async enqueueByType(type: string, value: unknown, options: EnqueueOptions = {}): Promise<Job> {
    const known = this.registry.find(type);
    if (known === undefined) throw new UnknownJobType(type);
    return await this.promise(await payloadFor(known, value), options);
  }

  /** The same for a payload that was checked before; returns the job as it is stored. */
  async promise({ type, json }: Payload, options: EnqueueOptions = {}): Promise<Job> {
    const queue = type.queue ?? 'default';
    const request = currentRequest();
    const job = await this.jobs.insert({
      id: uuidv7(),
      type: type.type,
      queue,
      ownerId: options.ownerId ?? null,
      payload: json,
      priority: options.priority ?? 0,
      maxAttempts: type.attempts ?? 5,
      runAt: options.runAt ?? null,
      requestId: request?.requestId ?? null,
      traceparent: request?.traceparent ?? null,
      scheduleId: options.tick?.scheduleId ?? null,
      tick: options.tick?.at ?? null,
    });
    afterCommit(() => {
      this.relay.nudge(queue);
    });
    return job;
  }
}
