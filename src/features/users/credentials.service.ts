import { Injectable } from '@nestjs/common';
import { normalizedEmail } from '../../platform/validation/normalized-email.ts';
import { AuditService } from '../audit/index.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';
import { CredentialsRepository } from './credentials.repository.ts';
import type { Credentials } from './user.ts';

/** Reads and replaces the credentials of users. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly audit: AuditService,
  ) {}

  /** Returns the credentials of the user with this email address. */
  async findByEmail(email: string): Promise<Credentials | undefined> {
    return await this.credentials.findByEmail(normalizedEmail(email));
  }

  /** Returns the credentials of the user with this id, unless the user is deleted. */
  async findById(id: string): Promise<Credentials | undefined> {
    return await this.credentials.findById(id);
  }

  /** Locks the password of an account until it is reset; false when it is locked already. */
  async lock(id: string): Promise<boolean> {
    return await this.credentials.lock(id);
  }

  /**
   * Replaces a password that was just verified, in the caller's transaction; false when it was changed or locked
   * meanwhile. Revoking sessions is left to the caller, whose own session stays.
   */
  async replace(verified: Credentials, passwordHash: string): Promise<boolean> {
    if (!(await this.credentials.replace(verified, passwordHash))) return false;
    await this.oneTimeTokens.revokeAll(verified.id);
    await this.audit.record('authn_password_change', { actorId: verified.id, subjectId: verified.id });
    return true;
  }

  /** The number of password hashes by the id of their pepper. */
  async countByPepper(): Promise<{ readonly keyId: string | undefined; readonly hashes: number }[]> {
    const counts = await this.credentials.countByKeyId();
    return counts.map(({ keyId, hashes }) => ({
      keyId: keyId === null ? undefined : Buffer.from(keyId, 'base64').toString(),
      hashes,
    }));
  }

  /** Stores another hash of the same password, in its own statement; false when the password was changed meanwhile. */
  async rehash(verified: Credentials, passwordHash: string): Promise<boolean> {
    return await this.credentials.rehash(verified, passwordHash);
  }
}
