import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../audit/index.ts';
import { CredentialsService } from '../../users/index.ts';
import { Attempt } from './attempt.ts';
import type { Reservation } from './login-throttle.repository.ts';
import { LoginThrottleRepository } from './login-throttle.repository.ts';
import { AttemptsInProgress, TooManyAttempts } from './login-throttling.errors.ts';
import type { Bucket, EmailKind } from './throttle-buckets.ts';
import { ThrottleBuckets } from './throttle-buckets.ts';

/** Pauses between tries while attempts in progress hold the rest of the limit: 5.5 seconds in total. */
const retryDelaysMs = [20, 40, 80, 160, 320, 640, 1280, 1480, 1480];

/** A limited resource that an attempt needs from its reservation to its settlement. */
interface SlotPool {
  acquireSlot(): Promise<Disposable>;
}

export interface AttemptOptions {
  /** The account that a rejection is recorded about in the audit log, if it exists. */
  readonly accountEmail?: string;
}

export interface ReserveOptions extends AttemptOptions {
  /** Where a slot is acquired before each try; it is not held during the pauses. */
  readonly slots?: SlotPool;
}

type Rejection = Extract<Reservation, { state: 'full' }>;

/**
 * Limits attempts to guess credentials and tokens, across all processes, in PostgreSQL (ASVS 6.3.1). An attempt is
 * reserved in all of its buckets before its work and settled after it: two round trips. Concurrent attempts therefore
 * never exceed the limit.
 */
@Injectable()
export class LoginThrottle {
  private readonly log = new Logger(LoginThrottle.name);

  constructor(
    readonly buckets: ThrottleBuckets,
    private readonly repository: LoginThrottleRepository,
    private readonly credentials: CredentialsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Reserves an attempt, outside of any transaction. While attempts in progress hold the rest of the limit, it waits
   * for them to end.
   * @throws TooManyAttempts, AttemptsInProgress, and what acquiring a slot throws
   */
  async reserve(buckets: readonly Bucket[], { slots, ...options }: ReserveOptions = {}): Promise<Attempt> {
    for (const delayMs of [...retryDelaysMs, 0]) {
      const outcome = await this.tryToReserve(buckets, slots);
      if (outcome instanceof Attempt) return outcome;
      if (outcome.state === 'full') await this.reject(outcome, options);
      await sleep(delayMs);
    }
    throw new AttemptsInProgress({ headers: { 'Retry-After': '5' } });
  }

  /**
   * Throws if an attempt would be rejected now; reserves nothing.
   * @throws TooManyAttempts
   */
  async assertAllowed(buckets: readonly Bucket[], options: AttemptOptions = {}): Promise<void> {
    const reservation = await this.repository.peek(buckets);
    if (reservation.state === 'full') await this.reject(reservation, options);
  }

  /**
   * Counts an attempt whatever its outcome, in one round trip.
   * @throws TooManyAttempts
   */
  async count(buckets: readonly Bucket[], options: AttemptOptions = {}): Promise<void> {
    const reservation = await this.repository.reserve(buckets, true);
    if (reservation.state === 'full') await this.reject(reservation, options);
  }

  /**
   * Counts an email that unauthenticated clients can request (password reset, verification, magic link) against the IP
   * address of the client and against the recipient. False when the recipient's limit is exceeded: the email is not
   * sent then, and the response is the same.
   * @throws TooManyAttempts when the limit of the IP address is exceeded
   */
  async allowEmailTo(kind: EmailKind, email: string): Promise<boolean> {
    await this.count(this.buckets.emailFrom());
    return await this.allowRecipient(kind, email);
  }

  /** Counts an email against its recipient only, for requests whose IP address another limit covers. */
  async allowRecipient(kind: EmailKind, email: string): Promise<boolean> {
    const { state } = await this.repository.reserve(this.buckets.emailTo(kind, email), true);
    return state === 'free';
  }

  /**
   * Clears the failures of an account whose owner was authenticated by other means than the password, for all IP
   * addresses; joins the caller's transaction.
   */
  async reset(email: string): Promise<void> {
    await this.repository.clearAll(this.buckets.accountIpPrefix(email));
    await this.repository.clear(this.buckets.ofAccount(email));
  }

  /** Clears the consecutive invalid codes of a user; joins the caller's transaction. */
  async resetMfa(userId: string): Promise<void> {
    await this.repository.clear([this.buckets.consecutiveMfaFailures(userId)]);
  }

  private async tryToReserve(
    buckets: readonly Bucket[],
    slots?: SlotPool,
  ): Promise<Attempt | Exclude<Reservation, { state: 'free' }>> {
    const slot = await slots?.acquireSlot();
    let attempt: Attempt | undefined;
    try {
      const reservation = await this.repository.reserve(buckets, false);
      if (reservation.state !== 'free') return reservation;
      attempt = new Attempt(this.repository, {
        buckets,
        moment: reservation.moment,
        slot,
        onRefundError: (err) => {
          this.log.warn({ err }, 'Failed to release rate limit reservation');
        },
      });
      return attempt;
    } finally {
      if (attempt === undefined) slot?.[Symbol.dispose]();
    }
  }

  /** The log and the audit log get one entry for each block of a bucket, however many attempts it rejects. */
  private async reject({ bucket, seconds, isFirst }: Rejection, { accountEmail }: AttemptOptions): Promise<never> {
    if (isFirst) {
      this.log.warn({ bucket: bucket.name, seconds }, 'Login rate limit exceeded');
      const account = accountEmail === undefined ? undefined : await this.credentials.findByEmail(accountEmail);
      const event = bucket.name.startsWith('login') ? 'authn_login_fail' : 'excess_rate_limit_exceeded';
      await this.audit.recordFailure(event, {
        reason: 'throttled',
        ...(account === undefined ? {} : { subjectId: account.id }),
      });
    }
    throw new TooManyAttempts({ ...bucket, seconds });
  }
}
