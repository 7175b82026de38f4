import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { afterCommit } from '../database/after-commit.ts';
import { currentRequest } from '../logging/request-context.ts';
import { validated } from '../validation/validated.ts';
import type { Job } from './job.ts';
import type { JobHandlerClass, JobHandlerOptions } from './job-handler.ts';
import { JobRegistry, typeOf } from './job-registry.ts';
import { LedgerRepository } from './ledger.repository.ts';
import { PayloadInvalid, UnknownJobType } from './queue-errors.ts';
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

/** The largest payload, in bytes of JSON: a job carries ids, not data. */
const payloadMaxBytes = 64 * 1024;

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
  async enqueue<Payload extends object>(
    handler: JobHandlerClass<Payload>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string> {
    const { id } = await this.store(typeOf(handler), payload, options);
    return id;
  }

  /**
   * The same for a type that is known by name alone; returns the job as it is stored.
   * @throws UnknownJobType, PayloadInvalid
   */
  async enqueueByType(type: string, payload: unknown, options: EnqueueOptions = {}): Promise<Job> {
    const known = this.registry.find(type);
    if (known === undefined) throw new UnknownJobType(type);
    return await this.store(known, payload, options);
  }

  private async store(type: JobHandlerOptions, payload: unknown, options: EnqueueOptions): Promise<Job> {
    const queue = type.queue ?? 'default';
    const request = currentRequest();
    const job = await this.jobs.insert({
      id: uuidv7(),
      type: type.type,
      queue,
      ownerId: options.ownerId ?? null,
      payload: await checkedPayload(type, payload),
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

/** The payload as JSON, once its class has agreed. */
export async function checkedPayload(type: Pick<JobHandlerOptions, 'payload'>, payload: unknown): Promise<string> {
  const { errors } = await validated(type.payload, payload);
  if (errors.length > 0) throw new PayloadInvalid(errors);
  const json = JSON.stringify(payload);
  if (Buffer.byteLength(json) <= payloadMaxBytes) return json;
  throw new PayloadInvalid([{ path: [], code: 'too_large', detail: 'must have at most 64 KiB as JSON' }]);
}
