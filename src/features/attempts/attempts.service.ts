import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import type { AttemptOptions, Bucket, Failures, Judged } from './attempt.ts';
import type { MailKind } from './attempt-buckets.ts';
import { AttemptBuckets } from './attempt-buckets.ts';
import { AttemptsCrowded, TooManyAttempts } from './attempts.errors.ts';
import type { Reservation } from './attempts.repository.ts';
import { AttemptsRepository } from './attempts.repository.ts';

export type { AttemptOptions, Bucket, Failures, Judged };

/** How long to wait, time after time, for attempts that are being made elsewhere: 5 seconds and a half in all. */
const patienceMs = [20, 40, 80, 160, 320, 640, 1280, 1480, 1480];

type Refusal = Extract<Reservation, { state: 'full' }>;

/**
 * Counts attempts to guess, in PostgreSQL, for all processes together (ASVS 6.3.1). An attempt is reserved in all of its
 * buckets before its work, and settled behind it: two round trips. Of a thousand at once no more than the limit are made.
 */
@Injectable()
export class AttemptsService {
  private readonly log = new Logger(AttemptsService.name);

  constructor(
    readonly buckets: AttemptBuckets,
    private readonly attempts: AttemptsRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Makes an attempt, outside of any transaction. When the work throws, which has nothing to do with guessing, it counts
   * for nothing. Returns what came of it, and the failures by now.
   * @throws TooManyAttempts, AttemptsCrowded, and whatever the work does
   */
  async make<T>(
    buckets: readonly Bucket[],
    work: () => Promise<Judged<T>>,
    options: AttemptOptions = {},
  ): Promise<Judged<T> & { readonly failures: Failures }> {
    const { inTurn = async (now) => await now() } = options;
    for (const pauseMs of [...patienceMs, 0]) {
      const made = await inTurn(async () => await this.once(buckets, work));
      if ('failures' in made) return made;
      if (made.state === 'full') await this.refuse(made, options);
      await sleep(pauseMs);
    }
    throw new AttemptsCrowded({ headers: { 'Retry-After': '5' } });
  }

  /**
   * Passes if an attempt would be allowed now, and reserves nothing.
   * @throws TooManyAttempts
   */
  async demandRoom(buckets: readonly Bucket[], options: AttemptOptions = {}): Promise<void> {
    const reservation = await this.attempts.look(buckets);
    if (reservation.state === 'full') await this.refuse(reservation, options);
  }

  /**
   * Counts an attempt whatever comes of it, if it is allowed, in one round trip.
   * @throws TooManyAttempts
   */
  async count(buckets: readonly Bucket[], options: AttemptOptions = {}): Promise<void> {
    const reservation = await this.attempts.reserve(buckets, true);
    if (reservation.state === 'full') await this.refuse(reservation, options);
  }

  /**
   * Counts a mail that anybody may ask for (a link to reset, to verify, to log in), for who asks and for whom it is to
   * reach. False when the account has had enough of them: then nothing is sent, and the reply is the same.
   * @throws TooManyAttempts when the address has asked too often
   */
  async mayMail(kind: MailKind, email: string): Promise<boolean> {
    await this.count(this.buckets.mailFrom());
    return await this.mayReach(kind, email);
  }

  /** The same for who is counted otherwise: only for whom the mail is to reach. */
  async mayReach(kind: MailKind, email: string): Promise<boolean> {
    const { state } = await this.attempts.reserve(this.buckets.mailTo(kind, email), true);
    return state === 'free';
  }

  /** Forgets the failures of an account that has shown who it is otherwise; in the caller's transaction. */
  async forgive(email: string): Promise<void> {
    await this.attempts.clear(this.buckets.ofAccount(email));
  }

  private async once<T>(
    buckets: readonly Bucket[],
    work: () => Promise<Judged<T>>,
  ): Promise<(Judged<T> & { readonly failures: Failures }) | Exclude<Reservation, { state: 'free' }>> {
    const reservation = await this.attempts.reserve(buckets, false);
    if (reservation.state !== 'free') return reservation;
    const judged = await this.refundedOnThrow(buckets, reservation.moment, work);
    return { ...judged, failures: await this.attempts.settle(buckets, reservation.moment, judged.counts) };
  }

  private async refundedOnThrow<T>(buckets: readonly Bucket[], moment: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.attempts.refund(buckets, moment).catch((failure: unknown) => {
        this.log.warn({ err: failure }, 'An attempt that was not made stays counted until its bucket ends');
      });
      throw error;
    }
  }

  /** The auditor is told once of each block of a bucket, however often it refuses. */
  private async refuse({ bucket, seconds, isNews }: Refusal, { subjectId }: AttemptOptions): Promise<never> {
    if (isNews) {
      this.log.warn({ bucket: bucket.name, seconds }, 'Attempts are refused for a while');
      const subject = await subjectId?.();
      const event = bucket.name.startsWith('login') ? 'authn_login_fail' : 'excess_rate_limit_exceeded';
      await this.audit.refuse(event, { reason: 'throttled', ...(subject === undefined ? {} : { subjectId: subject }) });
    }
    throw new TooManyAttempts({ ...bucket, seconds });
  }
}
