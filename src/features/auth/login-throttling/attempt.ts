import type { Failures, LoginThrottleRepository } from './login-throttle.repository.ts';
import type { Bucket } from './throttle-buckets.ts';

/** What is reserved in the buckets, and what has to be freed with it. */
interface AttemptReservation {
  readonly buckets: readonly Bucket[];
  /** Identifies the reservation in each bucket. */
  readonly moment: string;
  /** Freed as soon as the attempt is settled or refunded. */
  readonly slot: Disposable | undefined;
  /** Called when the reservation could not be refunded. */
  readonly onRefundError: (error: unknown) => void;
}

/**
 * A reserved attempt: declare it with `await using`, and call `count` or `succeed` once. An attempt that ends without
 * either, because its work threw, is refunded: such an error says nothing about the credentials.
 */
export class Attempt implements AsyncDisposable {
  private isSettled = false;

  constructor(
    private readonly repository: LoginThrottleRepository,
    private readonly reservation: AttemptReservation,
  ) {}

  /** Counts the attempt against every bucket. Returns the failures that each of them holds now. */
  async count(): Promise<Failures> {
    return await this.settle(true);
  }

  /** Releases the reservation, and clears the buckets whose failures a success ends. */
  async succeed(): Promise<void> {
    await this.settle(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isSettled) return;
    const { buckets, moment, slot, onRefundError } = this.reservation;
    await this.repository.refund(buckets, moment).catch(onRefundError);
    slot?.[Symbol.dispose]();
  }

  private async settle(counts: boolean): Promise<Failures> {
    this.isSettled = true;
    const { buckets, moment, slot } = this.reservation;
    try {
      return await this.repository.settle(buckets, moment, counts);
    } finally {
      slot?.[Symbol.dispose]();
    }
  }
}
