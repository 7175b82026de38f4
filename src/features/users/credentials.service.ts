import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { CredentialsRepository } from './credentials.repository.ts';
import { normalizedEmail } from './email-address.ts';
import type { Credentials } from './user.ts';

export { normalizedEmail };
export type { Credentials };

/** What people with an account log in with. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly mailedTokens: MailedTokensService,
    private readonly audit: AuditService,
  ) {}

  /** What a login checks; nothing when nobody has this address. */
  async findByEmail(email: string): Promise<Credentials | undefined> {
    return await this.credentials.findByEmail(normalizedEmail(email));
  }

  /** The same of an account that is known; nothing when it is gone. */
  async findById(id: string): Promise<Credentials | undefined> {
    return await this.credentials.findById(id);
  }

  /** Makes the password of an account count no more until it is set anew; false when it does not already. */
  async lock(id: string): Promise<boolean> {
    return await this.credentials.lock(id);
  }

  /**
   * Replaces a password by whoever has just shown it, in the caller's transaction; false when it is another one by now, or
   * does not count any more. The sessions are left to the caller, who has one.
   */
  async replace(proven: Credentials, passwordHash: string): Promise<boolean> {
    if (!(await this.credentials.replace(proven, passwordHash))) return false;
    await this.mailedTokens.voidAllOf(proven.id);
    await this.audit.record('authn_password_change', { actorId: proven.id, subjectId: proven.id });
    return true;
  }

  /** Stores the same password under a better hash, by itself; false when another hash is stored by now. */
  async rehash(proven: Credentials, passwordHash: string): Promise<boolean> {
    return await this.credentials.rehash(proven, passwordHash);
  }
}
