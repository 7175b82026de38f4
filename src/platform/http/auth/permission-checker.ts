import { Injectable } from '@nestjs/common';
import { Forbidden, MfaEnrolmentRequired } from './auth.errors.ts';

/** Records denied requests; the audit feature implements it. */
export abstract class AccessDenialRecorder {
  /** Commits the record in its own transaction before the response is sent. */
  abstract forbidden(reason: string): Promise<void>;
}

/** Denies callers who lack a permission, and records the denial. */
@Injectable()
export class PermissionChecker {
  constructor(private readonly denials: AccessDenialRecorder) {}

  /** @throws Forbidden after the denial was recorded */
  async assertPermissions(required: readonly string[], held: readonly string[]): Promise<void> {
    const missing = required.filter((permission) => !held.includes(permission));
    if (missing.length === 0) return;
    await this.denials.forbidden(`missing permission ${missing.join(', ')}`);
    throw new Forbidden({ detail: `This operation requires ${missing.join(', ')}.` });
  }

  /** @throws Forbidden after the denial was recorded: the operation requires a session */
  async rejectApiKey(): Promise<never> {
    await this.denials.forbidden('API key not accepted');
    throw new Forbidden({ detail: 'This operation does not accept API keys.' });
  }

  /** @throws MfaEnrolmentRequired after the denial was recorded */
  async rejectMissingMfa(): Promise<never> {
    await this.denials.forbidden('second factor missing');
    throw new MfaEnrolmentRequired();
  }

  /**
   * Checks that the caller still holds every permission of the first request: the stored response may depend on it.
   * @throws Forbidden after the denial was recorded
   */
  async assertStillGranted(initial: readonly string[], held: readonly string[]): Promise<void> {
    const lost = initial.filter((permission) => !held.includes(permission));
    if (lost.length === 0) return;
    await this.denials.forbidden(`lost permission ${lost.join(', ')}`);
    throw new Forbidden({ detail: `You held ${lost.join(', ')} when you first sent this request.` });
  }
}
