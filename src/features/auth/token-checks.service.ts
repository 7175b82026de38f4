import { Injectable } from '@nestjs/common';
import { AttemptsService } from '../attempts/attempts.service.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from '../mail/mailed-tokens.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { InvalidToken } from './auth.errors.ts';

/** Looks at a mailed token before it is spent, and counts those that are no good. */
@Injectable()
export class TokenChecksService {
  constructor(
    private readonly attempts: AttemptsService,
    private readonly mailedTokens: MailedTokensService,
  ) {}

  /**
   * Whom the token speaks for, if it could be spent now. Outside of any transaction.
   * @throws InvalidToken, TooManyAttempts, AttemptsCrowded
   */
  async demandUsable(
    purposes: MailedTokenPurpose | readonly MailedTokenPurpose[],
    token: string,
    binding?: string,
  ): Promise<MailedTokenSubject> {
    const { result } = await this.attempts.make(this.attempts.buckets.mailedToken(), async () => {
      const subject = await this.mailedTokens.find(purposes, token, binding);
      return { counts: subject === undefined, result: subject };
    });
    if (result === undefined) throw new InvalidToken();
    return result;
  }
}
