import type { Claim } from '../../execution/claim.ts';
import type { ClaimedJobs } from './claims.repository.ts';

/** What a claim loop does. */
interface ClaimLoopOptions {
  /** Jobs that run at the same time. */
  readonly concurrency: number;
  readonly claim: (limit: number) => Promise<ClaimedJobs>;
  /** Never rejects. Calls `onHandled` when the handler has ended and only the COMMIT is left, if it can. */
  readonly execute: (claim: Claim, onHandled: () => void) => Promise<void>;
  readonly onClaimFailed: (error: unknown) => void;
}

/**
 * Keeps the slots of one queue filled: one claim at a time takes jobs for all free slots. While the queue has more, the
 * end of a job causes the next claim; once it has not, a call of `wake` does.
 */
export class ClaimLoop {
  private readonly running = new Set<Promise<void>>();
  /** Slots with a handler: the next job is claimed while the outcome of the one before is committed. */
  private busy = 0;
  private claiming: Promise<void> | undefined;
  /** Whether the queue may have jobs that were not claimed. */
  private hasMore = false;
  private isStopped = false;

  constructor(private readonly options: ClaimLoopOptions) {}

  /** The queue may have new jobs. */
  wake(): void {
    this.hasMore = true;
    this.fill();
  }

  /** Claims no more jobs; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.claiming;
    await Promise.all(this.running);
  }

  private fill(): void {
    if (this.claiming !== undefined || this.free() === 0) return;
    this.claiming = this.claimWhilePossible().finally(() => {
      this.claiming = undefined;
      // For a wake() or the end of a job in the meantime.
      this.fill();
    });
  }

  private async claimWhilePossible(): Promise<void> {
    for (let free = this.free(); free > 0; free = this.free()) {
      this.hasMore = false;
      try {
        const { claims, taken } = await this.options.claim(free);
        // A call of wake() during the claim may have set it.
        if (taken === free) this.hasMore = true;
        for (const claim of claims) this.start(claim);
      } catch (error) {
        this.options.onClaimFailed(error);
        return;
      }
    }
  }

  /** The slots to be filled. */
  private free(): number {
    return this.hasMore && !this.isStopped ? this.options.concurrency - this.busy : 0;
  }

  private start(claim: Claim): void {
    let isBusy = true;
    const release = (): void => {
      if (!isBusy) return;
      isBusy = false;
      this.busy -= 1;
      this.fill();
    };
    this.busy += 1;
    const execution = this.options.execute(claim, release).finally(() => {
      this.running.delete(execution);
      release();
    });
    this.running.add(execution);
  }
}
