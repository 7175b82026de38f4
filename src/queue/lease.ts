import type { JobProgress } from './job.ts';
import type { LeasesRepository } from './leases.repository.ts';

const beatEveryMs = 3000;
const progressEveryMs = 200;

/** Why an attempt was told to stop. */
export type StopReason = 'cancelled' | 'timed out' | 'lease lost' | 'shutting down';

/** Carries the reason through AbortSignal.reason. */
export class Stopped extends Error {
  constructor(readonly why: StopReason) {
    super(`The attempt was stopped: ${why}`);
  }
}

/** Keeps one attempt's claim on its job alive, and carries its progress. */
export class Lease {
  private readonly controller = new AbortController();
  private readonly beating: NodeJS.Timeout;
  private readonly deadline: NodeJS.Timeout;
  private reporting: NodeJS.Timeout | undefined;
  private latest: JobProgress | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly leases: LeasesRepository,
    private readonly jobId: string,
    readonly id: string,
    timeoutSeconds: number,
  ) {
    this.beating = setInterval(() => void this.beat(), beatEveryMs);
    this.deadline = setTimeout(() => {
      this.stop('timed out');
    }, timeoutSeconds * 1000);
  }

  /** Fires when the attempt must stop; its reason is a Stopped. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(why: StopReason): void {
    this.controller.abort(new Stopped(why));
  }

  /** Notes how far the job is, in whole numbers from 0 on; the newest state is written every 200 ms. */
  progress(done: number, total: number | null = null): void {
    this.latest = { done: whole(done), total: total === null ? null : whole(total) };
    this.reporting ??= setTimeout(() => {
      this.writing = this.report();
    }, progressEveryMs);
  }

  /** Stops the clocks and writes the last progress, so that nothing follows the attempt's outcome. */
  async close(): Promise<void> {
    clearInterval(this.beating);
    clearTimeout(this.deadline);
    clearTimeout(this.reporting);
    await this.writing;
    await this.report();
  }

  private async beat(): Promise<void> {
    try {
      const alive = await this.leases.beat(this.jobId, this.id);
      if (alive === undefined) this.stop('lease lost');
      else if (alive.cancelAsked) this.stop('cancelled');
    } catch {
      // The database is away; the lease may outlive that. The fence decides in the end.
    }
  }

  private async report(): Promise<void> {
    this.reporting = undefined;
    const { latest } = this;
    if (latest === undefined) return;
    this.latest = undefined;
    try {
      await this.leases.progress(this.jobId, this.id, latest);
    } catch {
      // Progress is told on a best effort; the attempt goes on.
    }
  }
}

/** What readers are promised, whatever a handler reckons with: its progress is no reason to fail it. */
function whole(value: number): number {
  return Number.isNaN(value) ? 0 : Math.round(Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER));
}
