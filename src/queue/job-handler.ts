import type { Type } from '@nestjs/common';
import { SetMetadata } from '@nestjs/common';
import type { QueueName } from './job.ts';

/** What a handler is told besides its payload. */
export interface JobContext {
  readonly jobId: string;
  readonly ownerId: string | null;
  /** 1 for the first attempt; one that was given back, or a job that is retried, begins again with the same number. */
  readonly attempt: number;
  /** The attempt's own: no other one ever has it. */
  readonly lease: string;
  /** Fires when the job is cancelled, its time is up, its lease is lost or the process ends: stop then. */
  readonly signal: AbortSignal;
  /**
   * Tells how far the job has come, in whole numbers; leave out a total that nobody knows. Written at most every 200 ms,
   * in the background.
   */
  readonly progress: (done: number, total?: number | null) => void;
}

/**
 * Does one type of job. `prepare` is for work that is long or leaves the database: it runs outside of any transaction,
 * and again with every attempt, so give the job's id to the outside as its idempotency key. `run` writes the effect, in
 * the transaction that marks the job as succeeded: what it writes happens exactly once.
 */
export interface JobHandler<Payload extends object, Result extends object, Prepared = undefined> {
  prepare?(payload: Payload, context: JobContext): Promise<Prepared>;
  run(payload: Payload, context: JobContext, prepared: Prepared): Promise<Result>;
}

/** What a type of job says of itself; the API, the document and the worker read it. */
export interface JobHandlerOptions {
  /** Dotted lower case: `users.export`. */
  readonly type: string;
  readonly description: string;
  /** Class of the payload, its members declared by fields.ts. */
  readonly payload: Type<object>;
  /** Class of the result. */
  readonly result: Type<object>;
  /** What a caller of POST /jobs needs; `any` is every user, `internal` types are enqueued by the service alone. */
  readonly permission: string;
  readonly queue?: QueueName;
  /** Attempts in all before the job is dead; 5 unless told. */
  readonly attempts?: number;
  /** One attempt may take this long; 900 seconds unless told. */
  readonly timeoutSeconds?: number;
  /** Media types that its file can have, for the document; empty unless told: it makes none. */
  readonly files?: readonly string[];
}

/** A type of job as the registry knows it. */
export interface JobType extends Required<JobHandlerOptions> {
  readonly handler: JobHandler<object, object, unknown>;
}

/** The permission of types that nobody may ask for over HTTP. */
export const internal = 'internal';

/** The permission of types that every user may ask for. */
export const anyUser = 'any';

export const jobHandlerKey = 'plinth:job-handler';

/** Declares a class as the handler of one type of job; list it among the providers of its feature's module. */
export const JobHandler = (options: JobHandlerOptions): ClassDecorator => SetMetadata(jobHandlerKey, options);

/** A class that handles jobs with this payload. */
export type JobHandlerClass<Payload extends object> = Type<JobHandler<Payload, object, unknown>>;
