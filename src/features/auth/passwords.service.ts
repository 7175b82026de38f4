import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { MailService } from '../mail/mail.service.ts';
import type { MailedTokenPurpose } from '../mail/mailed-tokens.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { AccountsService } from '../users/accounts.service.ts';
import { CredentialsService } from '../users/credentials.service.ts';
import { InvalidToken } from './auth.errors.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';
import { TokenChecksService } from './token-checks.service.ts';

/** They lead to where somebody who receives the account's mail, or was given its first link, sets its password. */
const purposes: readonly MailedTokenPurpose[] = ['invitation', 'reset-password', 'setup'];

/** How a password comes to be, and to be another one. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly credentials: CredentialsService,
    private readonly tokenChecks: TokenChecksService,
    private readonly mail: MailService,
    private readonly attempts: AttemptsService,
  ) {}

  /**
   * Spends a mailed token on a new password, which also verifies the address that the mail went to and ends all sessions:
   * does what of that must not happen in a transaction, and returns the rest. A token that is no good costs no hash, and
   * one that was presented with a weak password can be presented again.
   * @throws InvalidToken, WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded
   */
  async prepareReset(token: string, password: string): Promise<() => Promise<void>> {
    const { userId } = await this.tokenChecks.demandUsable(purposes, token);
    await this.policy.check(password, '#/newPassword', (await this.credentials.findById(userId)) ?? {});
    const passwordHash = await this.hasher.hash(password);
    return async () => {
      await this.store(token, passwordHash);
    };
  }

  @Transactional()
  private async store(token: string, passwordHash: string): Promise<void> {
    const subject = await this.mailedTokens.consume(purposes, token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.accounts.setPassword(subject.userId, subject.address, passwordHash))) throw new InvalidToken();
    await this.mail.promise('password-reset', subject.address);
    await this.attempts.forgive(subject.address);
  }
}
