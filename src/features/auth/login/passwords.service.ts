import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { LoginThrottle } from '../login-throttling/index.ts';
import { MailService } from '../../mail/index.ts';
import type { FoundOneTimeToken, OneTimeTokenPurpose } from '../one-time-tokens/index.ts';
import { OneTimeTokensService } from '../one-time-tokens/index.ts';
import { AccountsService, CredentialsService } from '../../users/index.ts';
import { InvalidToken } from './auth.errors.ts';
import { PasswordHasher, PasswordPolicy } from '../passwords/index.ts';
import { OneTimeTokenVerifier } from './one-time-token-verifier.ts';

/** The one-time tokens that allow setting a password. */
const purposes: readonly OneTimeTokenPurpose[] = ['invitation', 'reset-password', 'setup'];

/** Sets passwords by one-time token. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly credentials: CredentialsService,
    private readonly tokenVerifier: OneTimeTokenVerifier,
    private readonly mail: MailService,
    private readonly throttle: LoginThrottle,
  ) {}

  /**
   * Whether a one-time token can set a password now, and for which user. Changes nothing.
   * @throws InvalidToken, TooManyAttempts
   */
  async inspectToken(token: string): Promise<FoundOneTimeToken> {
    return await this.tokenVerifier.inspect(purposes, token);
  }

  /**
   * Verifies a one-time token and hashes the new password, which must not happen in a transaction. Returns the function
   * that consumes the token: it sets the password, verifies the email address and revokes all sessions. An invalid
   * token costs no hash, and a weak password does not consume the token.
   * @throws InvalidToken, WeakPassword, PasswordHashingOverloaded, TooManyAttempts
   */
  async prepareReset(token: string, password: string): Promise<() => Promise<void>> {
    const { userId } = await this.tokenVerifier.verify(purposes, token);
    await this.policy.check(password, 'newPassword', (await this.credentials.findById(userId)) ?? {});
    const passwordHash = await this.hasher.hash(password);
    return async () => {
      await this.store(token, passwordHash);
    };
  }

  @Transactional()
  private async store(token: string, passwordHash: string): Promise<void> {
    const subject = await this.oneTimeTokens.consume(purposes, token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.accounts.setPassword(subject.userId, subject.email, passwordHash))) throw new InvalidToken();
    await this.mail.enqueue('password-reset', subject.email);
    await this.throttle.reset(subject.email);
  }
}
