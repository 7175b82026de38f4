import type { Type } from '@nestjs/common';
import { SetMetadata } from '@nestjs/common';
import type { QueueName } from './job.ts';

/** What a handler receives besides its payload. */
export interface JobContext {
  readonly jobId: string;
  readonly ownerId: string | null;
  /** 1 for the first attempt. An attempt that was released does not count, and a retried job starts at 1 again. */
  readonly attempt: number;
  /** Id of the attempt's lease; unique. */
  readonly lease: string;
  /** Fires when the job is cancelled or times out, its lease is lost, or the process shuts down: stop then. */
  readonly signal: AbortSignal;
  /**
   * Reports the progress in integers; omit an unknown total. Written in the background, at most every 200 ms.
   */
  readonly progress: (done: number, total?: number | null) => void;
  /**
   * Makes the current transaction fail at its COMMIT unless this attempt still holds its lease: for handlers that commit
   * their work in several transactions in `prepare`. Call it once in each of them.
   */
  readonly fenceTransaction: () => void;
}

/**
 * Handles one type of job. `prepare` is for work that is long or calls other systems: it runs outside of a transaction
 * and again with every attempt, so pass the job's id as the idempotency key of such calls. `run` writes the effect in
 * the transaction that marks the job as succeeded: what it writes through a repository happens exactly once.
 */
export interface JobHandler<Payload extends object, Result extends object, Prepared = undefined> {
  prepare?(payload: Payload, context: JobContext): Promise<Prepared>;
  run(payload: Payload, context: JobContext, prepared: Prepared): Promise<Result>;
}

/** A token bucket: up to `jobs` start in a burst, and as many within each following `seconds`. */
interface JobRateLimit {
  readonly jobs: number;
  readonly seconds: number;
}

/** Declaration of a type of job, for the API, the API document and the worker. */
interface JobHandlerOptions {
  /** Dotted lower case: `users.export`. */
  readonly type: string;
  readonly description: string;
  /** Class of the payload, declared with the field decorators. */
  readonly payload: Type<object>;
  /** Class of the result. */
  readonly result: Type<object>;
  /** Permission that POST /v1/jobs requires; `any`: every user; `internal`: only the service itself enqueues it. */
  readonly permission: string;
  /** Permission that the owner of an internal job needs to retry it and to download its artifact; default jobs:write. */
  readonly ownerPermission?: string;
  /** Whether POST /v1/jobs requires a recent authentication (step-up); default false. */
  readonly requiresRecentAuthentication?: boolean;
  /** Default `default`. */
  readonly queue?: QueueName;
  /** Jobs of this type that run at the same time, in all processes together; default null, which is no limit. */
  readonly concurrency?: number | null;
  /** Jobs of this type that start within a time, in all processes together; default null, which is no limit. */
  readonly rateLimit?: JobRateLimit | null;
  /** Attempts until the job is dead; default 5. */
  readonly attempts?: number;
  /** Limit of one attempt; default 900 seconds. */
  readonly timeoutSeconds?: number;
  /**
   * Whether `run` executes in the transaction that marks the job as succeeded; default true. With false, `run` has no
   * transaction, and jobs that end at the same time are marked by one statement: for handlers that write nothing to
   * the database, or nothing that may not happen twice.
   */
  readonly transactional?: boolean;
  /**
   * Whether the handler runs in a worker thread; default false. For handlers that compute for longer than some 50 ms
   * without a pause: on the main thread they would block the requests and the other jobs of their process.
   */
  readonly workerThread?: boolean;
  /** Media types of its artifact, for the API document; empty for a job without one. */
  readonly files?: readonly string[];
}

/** A declaration with the defaults of the options that it omits. */
export type JobDeclaration = Required<JobHandlerOptions>;

/** A registered type of job. */
export interface JobType extends JobDeclaration {
  readonly handler: JobHandler<object, object, unknown>;
}

/** The permission of types that cannot be created over HTTP. */
export const internal = 'internal';

/** The permission of types that every user may create. */
export const anyUser = 'any';

export const jobHandlerKey = 'plinth:job-handler';

const defaults = {
  queue: 'default',
  attempts: 5,
  timeoutSeconds: 900,
  files: [],
  transactional: true,
  workerThread: false,
  concurrency: null,
  rateLimit: null,
  requiresRecentAuthentication: false,
  ownerPermission: 'jobs:write',
} as const;

/** Declares a class as the handler of one type of job; its feature's module lists it as a provider. */
export const JobHandler = (options: JobHandlerOptions): ClassDecorator =>
  SetMetadata<string, JobDeclaration>(jobHandlerKey, { ...defaults, ...options });

/** The class of a handler of this payload. */
export type JobHandlerClass<Payload extends object> = Type<JobHandler<Payload, object, unknown>>;
