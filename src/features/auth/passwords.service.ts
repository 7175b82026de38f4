import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { CredentialsService } from '../users/credentials.service.ts';
import { UsersService } from '../users/users.service.ts';
import { InvalidToken } from './auth.errors.ts';
import { MailedTokenCheck } from './mailed-token-check.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';

/** How a password comes to be, and to be another one. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly users: UsersService,
    private readonly mailedTokens: MailedTokensService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly credentials: CredentialsService,
    private readonly tokenCheck: MailedTokenCheck,
    private readonly attempts: AttemptsService,
  ) {}

  /**
   * Spends a mailed token on a new password, which also verifies the address that the mail went to and ends all sessions.
   * A token that is no good costs no hash.
   * @throws InvalidToken, WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded
   */
  async reset(token: string, password: string): Promise<void> {
    const spend = await this.prepareReset(token, password);
    await spend();
  }

  /**
   * Does what of a reset must not happen in a transaction, and returns the rest.
   * @throws InvalidToken, WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded
   */
  async prepareReset(token: string, password: string): Promise<() => Promise<void>> {
    const { userId } = await this.tokenCheck.demandUsable('invitation', token);
    await this.policy.check(password, '#/newPassword', (await this.credentials.findById(userId)) ?? {});
    const passwordHash = await this.hasher.hash(password);
    return async () => {
      await this.store(token, passwordHash);
    };
  }

  @Transactional()
  private async store(token: string, passwordHash: string): Promise<void> {
    const subject = await this.mailedTokens.consume('invitation', token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.users.setPassword(subject.userId, subject.address, passwordHash))) throw new InvalidToken();
    await this.attempts.forgive(subject.address);
  }
}
