import { withoutSpan } from '../../telemetry/tracing.ts';
import type { JobProgress } from '../job.ts';
import type { LeasesRepository } from './leases.repository.ts';

/** Time between two writes of progress. */
export const progressIntervalMs = 200;
/** A handler whose signal has fired gets this long to stop; afterwards its attempt ends without it. */
const abortGraceMs = 2000;

/** Why an attempt has to stop. */
export type AbortReason = 'cancelled' | 'timed out' | 'lease lost' | 'shutting down';

/** The reason of a lease's signal. */
export class JobAborted extends Error {
  constructor(readonly why: AbortReason) {
    super(`The attempt was stopped: ${why}`);
  }
}

/** What the execution of an attempt needs of its lease. */
export interface AttemptLease {
  readonly id: string;
  readonly jobId: string;
  /** Fires when the attempt must stop; its reason is a JobAborted. */
  readonly signal: AbortSignal;
  progress(done: number, total?: number | null): void;
  /**
   * Calls the handler.
   * @throws the signal's reason, when it has fired before or the grace period is over
   */
  callHandler<T>(call: () => Promise<T>): Promise<T>;
  /** Ends the heartbeats and writes the last progress: called before the job is marked as succeeded. */
  close(): Promise<void>;
}

/** What a lease is taken for. */
export interface LeaseOptions {
  readonly jobId: string;
  readonly id: string;
  /** Limit of the whole attempt. */
  readonly timeoutSeconds: number;
  readonly heartbeatIntervalMs: number;
}

/** Renews the lease of one attempt and writes its progress. */
export class Lease implements AttemptLease {
  readonly id: string;
  readonly jobId: string;
  private readonly controller = new AbortController();
  private readonly heartbeatTimer: NodeJS.Timeout;
  private readonly deadline: NodeJS.Timeout;
  private progressTimer: NodeJS.Timeout | undefined;
  private latest: JobProgress | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly leases: LeasesRepository,
    options: LeaseOptions,
  ) {
    this.id = options.id;
    this.jobId = options.jobId;
    // A long attempt would have thousands of spans.
    this.heartbeatTimer = withoutSpan(() => setInterval(() => void this.heartbeat(), options.heartbeatIntervalMs));
    this.deadline = setTimeout(() => {
      this.stop('timed out');
    }, options.timeoutSeconds * 1000);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(why: AbortReason): void {
    this.controller.abort(new JobAborted(why));
  }

  /** Takes the progress in integers from 0; the latest is written every 200 ms. */
  progress(done: number, total: number | null = null): void {
    this.latest = { done: toCount(done), total: total === null ? null : toCount(total) };
    this.progressTimer ??= setTimeout(() => {
      // One after another: on two connections, the later write could commit first.
      this.writing = this.writing.then(async () => {
        await this.writeProgress();
      });
    }, progressIntervalMs);
  }

  async callHandler<T>(call: () => Promise<T>): Promise<T> {
    return await withAbortGrace(this.signal, call);
  }

  /** Stops the timers and writes the last progress, so that no event follows the attempt's outcome. */
  async close(): Promise<void> {
    clearInterval(this.heartbeatTimer);
    clearTimeout(this.deadline);
    clearTimeout(this.progressTimer);
    await this.writing;
    await this.writeProgress();
  }

  private async heartbeat(): Promise<void> {
    try {
      const renewed = await this.leases.heartbeat(this.jobId, this.id);
      if (renewed === undefined) this.stop('lease lost');
      else if (renewed.isCancelRequested) this.stop('cancelled');
    } catch {
      // The lease may outlast an unavailable database; the update at the attempt's end checks it.
    }
  }

  private async writeProgress(): Promise<void> {
    this.progressTimer = undefined;
    const { latest } = this;
    if (latest === undefined) return;
    this.latest = undefined;
    try {
      await this.leases.progress(this.jobId, this.id, latest);
    } catch {
      // Progress is best effort; the attempt continues.
    }
  }
}

/**
 * Runs work until it ends, or until `signal` has fired and the grace period is over.
 * @throws the signal's reason, when it has fired before or the grace period is over
 */
export async function withAbortGrace<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const graceOver = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const startGrace = (): void => {
    timer = setTimeout(() => {
      graceOver.reject(signal.reason);
    }, abortGraceMs);
  };
  signal.addEventListener('abort', startGrace);
  try {
    return await Promise.race([work(), graceOver.promise]);
  } finally {
    signal.removeEventListener('abort', startGrace);
    clearTimeout(timer);
  }
}

/** Makes any number fit the documented range: a handler's arithmetic is no reason to fail its attempt. */
function toCount(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER));
}
