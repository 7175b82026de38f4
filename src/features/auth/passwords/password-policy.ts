import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { WeakPassword } from './passwords.errors.ts';
import { BreachedPasswords } from './breached-passwords.ts';
import { CommonPasswords } from './common-passwords.ts';
import type { PasswordContext } from './password-context.ts';
import { isDerivedFromContext, stripContextWords } from './password-context.ts';

/** In code points. The whole password is hashed, nothing is truncated. */
const passwordMaxLength = 128;

/**
 * Passwords are long, not common, not derived from public facts about their owner, not a combination of both, and not
 * known from breaches. There are no composition rules and no expiry (NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2).
 */
@Injectable()
export class PasswordPolicy {
  constructor(
    private readonly common: CommonPasswords,
    private readonly breached: BreachedPasswords,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Outside of any transaction: it may send a request to the breached-password service.
   * @param pointer JSON Pointer of the member that holds the password
   * @throws WeakPassword
   */
  async check(password: string, pointer: string, context: PasswordContext): Promise<void> {
    const length = Array.from(password.normalize('NFC')).length;
    if (length < this.config.passwordMinLength) {
      throw weak(pointer, 'too_short', `must have at least ${this.config.passwordMinLength} characters`);
    }
    if (length > passwordMaxLength)
      throw weak(pointer, 'too_long', `must have at most ${passwordMaxLength} characters`);
    if (isDerivedFromContext(password, context))
      throw weak(
        pointer,
        'context_word',
        'must not consist of your name, your email address or the name of this service',
      );
    if (await this.common.includes(password)) throw weak(pointer, 'too_common', 'must not be one that many people use');
    if (await this.common.areCoreOf(stripContextWords(password, context)))
      throw weak(pointer, 'too_common', 'must not be one that many people use with digits or known words around it');
    if (await this.breached.include(password))
      throw weak(pointer, 'breached', 'must not be one that is known from a breach');
  }
}

function weak(pointer: string, code: string, detail: string): WeakPassword {
  return new WeakPassword({ detail: `The password ${detail}.`, errors: [{ pointer, code, detail }] });
}
