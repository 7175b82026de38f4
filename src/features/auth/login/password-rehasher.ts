import { Injectable, Logger } from '@nestjs/common';
import type { Credentials } from '../../users/index.ts';
import { CredentialsService } from '../../users/index.ts';
import { PasswordHasher } from '../passwords/index.ts';

/** Renews outdated password hashes at login, which is the only time when the password is known. */
@Injectable()
export class PasswordRehasher {
  private readonly log = new Logger(PasswordRehasher.name);

  constructor(
    private readonly hasher: PasswordHasher,
    private readonly credentials: CredentialsService,
  ) {}

  /**
   * Hashes the password again if its hash has other parameters or another pepper. A failure is logged and does not fail
   * the login. Returns the account, with the new hash if this call stored one.
   */
  async rehashIfOutdated(account: Credentials, password: string): Promise<Credentials> {
    if (account.passwordHash === null || !this.hasher.isOutdated(account.passwordHash)) return account;
    try {
      const passwordHash = await this.hasher.hash(password);
      if (await this.credentials.rehash(account, passwordHash)) return { ...account, passwordHash };
    } catch (error) {
      this.log.warn({ err: error }, 'Password rehash failed');
    }
    return account;
  }

  /**
   * Returns the current account if a concurrent login has stored another hash of the same password since the account
   * was verified. One round trip, and a hash if the stored hash is a different one.
   * @throws PasswordHashingOverloaded
   */
  async reloadIfRehashedConcurrently(verified: Credentials, password: string): Promise<Credentials | undefined> {
    const current = await this.credentials.findById(verified.id);
    if (current === undefined || current.passwordHash === null) return undefined;
    if (current.passwordHash === verified.passwordHash) return undefined;
    using _slot = await this.hasher.acquireSlot();
    return (await this.hasher.verify(password, current.passwordHash)) ? current : undefined;
  }
}
