import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { AccountsService } from '../users/accounts.service.ts';
import { InvalidToken } from './auth.errors.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';

/** How a password comes to be, and to be another one. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  /**
   * Spends a mailed token on a new password, which also verifies the address that the mail went to and ends all sessions.
   * A token that is no good costs no hash.
   * @throws InvalidToken, WeakPassword, HashingOverloaded
   */
  async reset(token: string, password: string): Promise<void> {
    const spend = await this.prepareReset(token, password);
    await spend();
  }

  /**
   * Does what of a reset must not happen in a transaction, and returns the rest.
   * @throws InvalidToken, WeakPassword, HashingOverloaded
   */
  async prepareReset(token: string, password: string): Promise<() => Promise<void>> {
    if (!(await this.mailedTokens.isUsable('invitation', token))) throw new InvalidToken();
    this.policy.check(password, '#/newPassword');
    const passwordHash = await this.hasher.hash(password);
    return async () => {
      await this.store(token, passwordHash);
    };
  }

  @Transactional()
  private async store(token: string, passwordHash: string): Promise<void> {
    const subject = await this.mailedTokens.consume('invitation', token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.accounts.setPassword(subject.userId, subject.address, passwordHash))) throw new InvalidToken();
  }
}
