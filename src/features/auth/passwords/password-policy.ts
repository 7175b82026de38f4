import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig, ServiceConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import type { BodyValidator } from '../../../platform/validation/body-validator.ts';
import type { LocatedError } from '../../../platform/validation/error-pointers.ts';
import { WeakPassword } from './passwords.errors.ts';
import { BreachedPasswords } from './breached-passwords.ts';
import { CommonPasswords } from './common-passwords.ts';
import type { PasswordContext } from './password-context.ts';
import { isDerivedFromContext, stripContextWords } from './password-context.ts';
import { isPattern } from './password-patterns.ts';

/** In code points. The whole password is hashed, nothing is truncated. */
const passwordMaxLength = 128;

/** A body with a new password, as far as its fields are valid. */
interface NewPasswordBody extends PasswordContext {
  readonly password?: string;
  readonly newPassword?: string;
}

/** The codes of the violations; each has a text in every language of the hosted pages. */
export type PasswordRule = 'breached' | 'context_word' | 'pattern' | 'too_common' | 'too_long' | 'too_short';

interface Violation extends Omit<LocatedError, 'path'> {
  readonly code: PasswordRule;
}

/**
 * Passwords are long, not common, not a pattern, not derived from public facts about their owner, not a combination of
 * both, and not known from breaches. There are no composition rules and no expiry (NIST SP 800-63B-4 §3.1.1.2, ASVS
 * 6.2).
 */
@Injectable()
export class PasswordPolicy implements BodyValidator {
  constructor(
    private readonly common: CommonPasswords,
    private readonly breached: BreachedPasswords,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
  ) {}

  /** The rules that a form shows: the shortest length in code points, and whether breached passwords are known. */
  get rules(): { readonly minLength: number; readonly checksBreaches: boolean } {
    const { passwordMinLength: minLength, pwnedPasswordsUrl } = this.config;
    return { minLength, checksBreaches: pwnedPasswordsUrl !== undefined };
  }

  /**
   * Throws all violations of a password in the member `member` of a body. Outside of any transaction: it may send a
   * request to the breached-password service, unless the password is rejected anyway.
   * @throws WeakPassword
   */
  async check(password: string, member: string, context: PasswordContext): Promise<void> {
    const violations = await this.violationsOf(password, context);
    if (violations.length === 0 && (await this.breached.include(password))) {
      throw new WeakPassword(member, [{ code: 'breached', detail: 'must not be one that is known from a breach' }]);
    }
    if (violations.length > 0) throw new WeakPassword(member, violations);
  }

  /** Returns the violations of the new password in a body, except those that need the account or another service. */
  async violationsIn({ password, newPassword, ...context }: NewPasswordBody): Promise<readonly LocatedError[]> {
    const chosen = password ?? newPassword;
    if (chosen === undefined) return [];
    const path = [password === undefined ? 'newPassword' : 'password'];
    return (await this.violationsOf(chosen, context)).map((violation) => ({ path, ...violation }));
  }

  private async violationsOf(password: string, owner: PasswordContext): Promise<readonly Violation[]> {
    const context = { ...owner, appName: this.service.appName };
    const contextError = contextErrorOf(password, context);
    // What remains of a password that consists of context words is too short to compare.
    const remainder = contextError === undefined ? stripContextWords(password, context) : '';
    const commonError = await this.commonError(password, remainder);
    const patternError = contextError === undefined && commonError === undefined ? patternErrorOf(password) : undefined;
    const errors = [this.lengthError(password), contextError, commonError, patternError];
    return errors.filter((error) => error !== undefined);
  }

  private lengthError(password: string): Violation | undefined {
    const length = Array.from(password.normalize('NFC')).length;
    const min = this.config.passwordMinLength;
    if (length < min) return { code: 'too_short', detail: `must have at least ${min} characters` };
    if (length <= passwordMaxLength) return undefined;
    return { code: 'too_long', detail: `must have at most ${passwordMaxLength} characters` };
  }

  private async commonError(password: string, remainder: string): Promise<Violation | undefined> {
    const code = 'too_common';
    if (await this.common.includes(password)) return { code, detail: 'must not be a common password' };
    if (!(await this.common.areCoreOf(remainder))) return undefined;
    return { code, detail: 'must not be a common password with digits or known words around it' };
  }
}

function patternErrorOf(password: string): Violation | undefined {
  if (!isPattern(password)) return undefined;
  const detail = 'must not consist of keyboard rows, runs of digits or letters, or repeated words';
  return { code: 'pattern', detail };
}

function contextErrorOf(password: string, context: PasswordContext): Violation | undefined {
  if (!isDerivedFromContext(password, context)) return undefined;
  const detail = 'must not consist of your name, your email address or the name of this service';
  return { code: 'context_word', detail };
}
