import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { acquireSlot } from '../../../platform/async/acquire-slot.ts';
import { KeyedMutex } from '../../../platform/async/keyed-mutex.ts';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { AuditService } from '../../audit/index.ts';
import type { Credentials } from '../../users/index.ts';
import { CredentialsService } from '../../users/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { PasswordHasher, PasswordHashingOverloaded } from '../passwords/index.ts';
import { PasswordLock } from './password-lock.ts';

/** Attempts at one account that may wait for each other. */
const maxQueuePerAccount = 100;

/** Prechecks may hold this many connections of the pool. */
const maxConcurrentPrechecks = 2;

/** A password, and the account that it is presented for. */
export interface PresentedCredentials {
  readonly email: string;
  readonly password: string;
  /** The account, where it is known already; it is found by its email address otherwise. */
  readonly userId?: string;
}

/**
 * Verifies passwords for login, password change and step-up. Each attempt is counted against its IP address and its
 * account before the password is evaluated (ASVS 6.3.1). Attempts at one account run one after the other, and each
 * holds a slot of the password hasher from its reservation to its settlement. A process therefore has no more
 * reservations open than hashes in progress, and concurrent logins with the right password do not use up the limit.
 *
 * Round trips: reserve, find, settle. One more to precheck while others wait, and one for the audit event of a failure.
 */
@Injectable()
export class CredentialVerifier {
  private readonly accountQueues = new KeyedMutex();
  private readonly precheckLimiter = pLimit(maxConcurrentPrechecks);

  constructor(
    private readonly throttle: LoginThrottle,
    private readonly credentials: CredentialsService,
    private readonly hasher: PasswordHasher,
    private readonly lock: PasswordLock,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Returns the account if the password is valid for it. Undefined, after the failure was recorded, when the account
   * does not exist, is disabled or is not verified, or when its password is a different one, is missing, or is locked. A
   * hash is computed for an unknown account too, against the timing side channel. Outside of any transaction.
   * @throws TooManyAttempts, AttemptsInProgress, PasswordHashingOverloaded
   */
  async verify(presented: PresentedCredentials): Promise<Credentials | undefined> {
    const queue = this.throttle.buckets.account(presented.email);
    await this.precheck(queue, presented.email);
    return await this.accountQueues.run(queue, async () => await this.attempt(presented));
  }

  /**
   * Rejects without a hash or a connection while the hasher is overloaded, and without a queue position when throttled.
   */
  private async precheck(queue: string, email: string): Promise<void> {
    this.hasher.assertCapacity(this.precheckLimiter.activeCount + this.precheckLimiter.pendingCount);
    if (this.accountQueues.queueLength(queue) > 0 || this.hasher.isQueued()) {
      using _slot = await acquireSlot(this.precheckLimiter);
      await this.throttle.assertAllowed(this.throttle.buckets.credentials(email), { accountEmail: email });
    }
    if (this.accountQueues.queueLength(queue) >= maxQueuePerAccount) throw new PasswordHashingOverloaded();
  }

  private async attempt({ email, password, userId }: PresentedCredentials): Promise<Credentials | undefined> {
    const { buckets } = this.throttle;
    const options = { accountEmail: email, slots: this.hasher };
    await using attempt = await this.throttle.reserve(buckets.credentials(email), options);
    // Read after the reservation: the account may have changed while the attempt waited.
    const account = await (userId === undefined
      ? this.credentials.findByEmail(email)
      : this.credentials.findById(userId));
    const matches = await this.hasher.verify(password, account?.passwordHash);
    if (matches && account !== undefined && refusalOf(account) === undefined) {
      // With a second factor, the failures end when the session is created.
      if (!account.mfaEnabled) await attempt.succeed();
      return account;
    }
    const failures = (await attempt.count()).get(buckets.consecutiveFailures(email).key) ?? 0;
    await this.recordFailure(email, account, matches);
    if (account !== undefined && failures >= this.config.throttleLimits.lockoutThreshold) await this.lock.lock(account);
    return undefined;
  }

  private async recordFailure(email: string, account: Credentials | undefined, matches: boolean): Promise<void> {
    if (account === undefined) {
      const reason = `unknown account ${this.audit.pseudonymize(email)}`;
      await this.audit.recordFailure('authn_login_fail', { reason });
      return;
    }
    const reason = (matches ? refusalOf(account) : undefined) ?? 'wrong password';
    await this.audit.recordFailure('authn_login_fail', { subjectId: account.id, reason });
  }
}

/** Why an account is rejected with its right password, which counts as a failure; undefined if it may log in. */
function refusalOf({ disabledAt, passwordLockedAt, emailVerifiedAt }: Credentials): string | undefined {
  if (disabledAt !== null) return 'disabled';
  if (passwordLockedAt !== null) return 'password locked';
  return emailVerifiedAt === null ? 'email address not verified' : undefined;
}
