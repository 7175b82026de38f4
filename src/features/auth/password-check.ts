import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { Turns } from '../../database/turns.ts';
import type { AttemptOptions, Judged } from '../attempts/attempts.service.ts';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { Credentials } from '../users/credentials.service.ts';
import { HashingOverloaded } from './auth.errors.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordLock } from './password-lock.ts';

/** Calls about one account that may wait for each other. */
const lineMax = 100;

/** Looks ahead of the queue may hold so many connections of the pool. */
const looksAtOnce = 2;

/** A password, and whose it is said to be. */
export interface Claim {
  readonly email: string;
  readonly password: string;
  /** Asked when it is the claim's turn: what it said before may have changed. */
  readonly find: () => Promise<Credentials | undefined>;
}

interface Finding {
  readonly account: Credentials | undefined;
  readonly matches: boolean;
}

/**
 * The one place where a password is held against an account, for every way in (login, change of password, step-up): each
 * attempt is counted against its address and its account before it is looked at (ASVS 6.3.1). The attempts at one account
 * follow one another, and reservation, look and settlement are one turn of hashing: so a process has no more reservations
 * open than hashes run, and a crowd that knows its passwords is not taken for one that guesses.
 *
 * Round trips: reserve, find, settle; one more to look first where others wait, and for the audit row of a refusal.
 */
@Injectable()
export class PasswordCheck {
  private readonly lines = new Turns();
  private readonly looks = pLimit(looksAtOnce);

  constructor(
    private readonly attempts: AttemptsService,
    private readonly hasher: PasswordHasher,
    private readonly lock: PasswordLock,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * The account, if the password is its own and counts; undefined, after that was written down, when there is no account,
   * it is disabled, or its password is another one, none, or locked. Outside of any transaction.
   * @throws TooManyAttempts, AttemptsCrowded, HashingOverloaded
   */
  async prove(claim: Claim): Promise<Credentials | undefined> {
    const { buckets } = this.attempts;
    const line = buckets.account(claim.email);
    // A crowd that can't be served must cost nothing that others wait for: neither a hash nor a connection.
    this.hasher.demandRoom(this.looks.activeCount + this.looks.pendingCount);
    // Who is locked out anyway shall not stand in the way of those who are not.
    if (this.lines.length(line) > 0 || this.hasher.hasQueue()) {
      await this.looks(async () => {
        await this.attempts.demandRoom(buckets.credentials(claim.email), aboutOwner(claim));
      });
    }
    if (this.lines.length(line) >= lineMax) throw new HashingOverloaded();
    return await this.lines.take(line, async () => await this.attempt(claim));
  }

  private async attempt(claim: Claim): Promise<Credentials | undefined> {
    const { buckets } = this.attempts;
    const { result, counts, failures } = await this.attempts.make(
      buckets.credentials(claim.email),
      async () => await this.judge(claim),
      { ...aboutOwner(claim), inTurn: async (work) => await this.hasher.inTurn(work) },
    );
    if (!counts) return result.account;
    await this.recordFailure(claim.email, result);
    const inARow = failures.get(buckets.inARow(claim.email).key) ?? 0;
    if (result.account !== undefined && inARow >= this.config.limits.lock) await this.lock.lock(result.account);
    return undefined;
  }

  private async judge({ password, find }: Claim): Promise<Judged<Finding>> {
    const account = await find();
    const matches = await this.hasher.matches(password, account?.passwordHash);
    const isRight = matches && account?.disabledAt === null && account.passwordLockedAt === null;
    return { counts: !isRight, result: { account, matches } };
  }

  private async recordFailure(email: string, { account, matches }: Finding): Promise<void> {
    if (account === undefined) {
      await this.audit.refuse('authn_login_fail', { reason: `unknown account ${this.audit.pseudonym(email)}` });
      return;
    }
    const why = account.disabledAt === null ? 'password locked' : 'disabled';
    await this.audit.refuse('authn_login_fail', { subjectId: account.id, reason: matches ? why : 'wrong password' });
  }
}

/** Whom a refusal is written down about. */
function aboutOwner({ find }: Claim): AttemptOptions {
  return { subjectId: async () => (await find())?.id };
}
