import type { Claim } from '../execution/claim.ts';
import type { AbortReason, AttemptLease } from '../execution/lease.ts';
import { JobAborted, progressIntervalMs } from '../execution/lease.ts';
import { mainThread } from './main-thread.ts';

/** The lease of an attempt in a worker thread. The main thread renews it, limits its time and writes its progress. */
export class ThreadLease implements AttemptLease {
  readonly id: string;
  readonly jobId: string;
  private readonly controller = new AbortController();
  private latest: { readonly done: number; readonly total: number | null } | undefined;
  private sentAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private closing: PromiseWithResolvers<undefined> | undefined;

  /** @param poll receives the messages that have arrived */
  constructor(
    { jobId, lease }: Claim,
    private readonly poll: () => void,
  ) {
    this.jobId = jobId;
    this.id = lease;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(why: AbortReason): void {
    this.controller.abort(new JobAborted(why));
  }

  /** Sends the latest progress every 200 ms. A handler without a pause receives the abort of its signal here. */
  progress(done: number, total: number | null = null): void {
    this.latest = { done, total };
    if (performance.now() - this.sentAt < progressIntervalMs) {
      this.timer ??= setTimeout(() => {
        this.sendProgress();
      }, progressIntervalMs);
      return;
    }
    this.sendProgress();
    this.poll();
  }

  /** Without a grace period: the main thread terminates the thread after it. */
  async callHandler<T>(call: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    return await call();
  }

  async close(): Promise<void> {
    this.sendProgress();
    this.closing = Promise.withResolvers<undefined>();
    mainThread.send({ kind: 'close-lease' });
    await this.closing.promise;
  }

  /** The main thread has closed the lease. */
  closed(): void {
    this.closing?.resolve(undefined);
  }

  /** Sends the progress that was not sent, and stops the timer. */
  sendProgress(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.latest === undefined) return;
    mainThread.send({ kind: 'progress', ...this.latest });
    this.latest = undefined;
    this.sentAt = performance.now();
  }
}
