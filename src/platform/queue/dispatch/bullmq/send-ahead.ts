/** Messages that wait for a worker while the speed of the workers is unknown, and the bounds of their number. */
const first = 16;
const least = 4;
const most = 1000;
/** The work that waits in BullMQ: its order is that of arrival, so the next owner waits for as long. */
const aheadMs = 500;
/** The shortest time over which the speed is measured. */
const measureMs = 20;
const longestLookMs = 250;

/** The messages of a queue that no worker has finished. */
export interface Outstanding {
  /** Those that no worker has begun. */
  readonly waiting: number;
  readonly running: number;
}

/**
 * How many messages of one queue the relay sends ahead of the workers: half a second of their work, by the jobs that they
 * finish. All other jobs stay in the table, where those of different owners take turns. Messages that another process
 * sends make the workers look slower: then that process sends the next ones.
 */
export class SendAhead {
  private size = first;
  private measured: Outstanding = { waiting: 0, running: 0 };
  private measuredAtMs = -Infinity;
  /** The moving average of the speed, and the weight of what was measured in it: at first there is nothing to average. */
  private average = 0;
  private weight = 0;

  /** Returns how many messages may be sent now. The time is in milliseconds of any clock. */
  allowed(now: Outstanding, atMs: number): number {
    const elapsedMs = atMs - this.measuredAtMs;
    if (elapsedMs >= measureMs) {
      this.measure(this.measured, now, elapsedMs);
      this.measured = now;
      this.measuredAtMs = atMs;
    }
    return Math.max(0, this.size - now.waiting);
  }

  /** This many messages were sent. */
  sent(messages: number): void {
    const { waiting, running } = this.measured;
    this.measured = { waiting: waiting + messages, running };
  }

  /** When workers will have begun half of the waiting messages, in milliseconds from now. */
  get lookAgainMs(): number {
    if (this.size > least && this.perMs === 0) return measureMs;
    return Math.min(longestLookMs, Math.max(measureMs, this.measured.waiting / 2 / this.perMs));
  }

  /** Jobs that the workers finish in a millisecond. */
  private get perMs(): number {
    return this.weight === 0 ? 0 : this.average / this.weight;
  }

  private measure(before: Outstanding, now: Outstanding, elapsedMs: number): void {
    const finished = before.waiting + before.running - now.waiting - now.running;
    const isIdle = before.waiting + before.running === 0;
    // A moving average, because jobs may begin and end together. Idle workers are not slow.
    const share = 1 - Math.exp(-elapsedMs / aheadMs);
    this.average = isIdle ? 0 : this.average + (Math.max(0, finished) / elapsedMs - this.average) * share;
    this.weight = isIdle ? 0 : this.weight + (1 - this.weight) * share;
    this.size = Math.round(Math.min(most, Math.max(least, this.nextSize(before, now))));
  }

  private nextSize(before: Outstanding, now: Outstanding): number {
    if (now.waiting > 0) return Math.min(this.size * 2, this.perMs * aheadMs);
    // Workers that have begun all of them may be faster.
    return before.waiting < this.size ? Math.max(this.size, first) : this.size * 2;
  }
}
