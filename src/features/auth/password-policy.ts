import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { WeakPassword } from './auth.errors.ts';

/** The longest password, in code points: all of it counts. */
const passwordMaxLength = 128;

/** Length and nothing else: no composition rules, no expiry (NIST SP 800-63B-4 §3.1.1.2, ASVS 6.2.1). */
@Injectable()
export class PasswordPolicy {
  constructor(@Inject(configToken('auth')) private readonly config: AuthConfig) {}

  /** @throws WeakPassword naming the member at `pointer` */
  check(password: string, pointer: string): void {
    const length = Array.from(password.normalize('NFC')).length;
    if (length < this.config.passwordMinLength) {
      throw weak(pointer, 'too_short', `must have at least ${this.config.passwordMinLength} characters`);
    }
    if (length > passwordMaxLength)
      throw weak(pointer, 'too_long', `must have at most ${passwordMaxLength} characters`);
  }
}

function weak(pointer: string, code: string, detail: string): WeakPassword {
  return new WeakPassword({ detail: `The password ${detail}.`, errors: [{ pointer, code, detail }] });
}
