import { Injectable, Logger } from '@nestjs/common';
import type { Credentials } from '../users/credentials.service.ts';
import { CredentialsService } from '../users/credentials.service.ts';
import { PasswordHasher } from './password-hasher.ts';

/** Stores a password as it would be stored today, when it is at hand: that is at a login. */
@Injectable()
export class PasswordUpgrade {
  private readonly log = new Logger(PasswordUpgrade.name);

  constructor(
    private readonly hasher: PasswordHasher,
    private readonly credentials: CredentialsService,
  ) {}

  /**
   * Hashes the password anew if its hash has other parameters or another pepper. Whatever fails, the login does not.
   * Returns the account with the hash that it has behind that, as far as it was changed here.
   */
  async afterLogin(account: Credentials, password: string): Promise<Credentials> {
    if (account.passwordHash === null || !this.hasher.isOutdated(account.passwordHash)) return account;
    try {
      const passwordHash = await this.hasher.hash(password);
      if (await this.credentials.rehash(account, passwordHash)) return { ...account, passwordHash };
    } catch (error) {
      this.log.warn({ err: error }, 'A password keeps its old hash until the next login');
    }
    return account;
  }

  /**
   * The account as it is now, if another login has stored the same password under another hash since it was proven. One
   * round trip, and a hash when there is another one.
   * @throws HashingOverloaded
   */
  async byAnother(proven: Credentials, password: string): Promise<Credentials | undefined> {
    const now = await this.credentials.findById(proven.id);
    if (now === undefined || now.passwordHash === null || now.passwordHash === proven.passwordHash) return undefined;
    return (await this.hasher.inTurn(async () => await this.hasher.matches(password, now.passwordHash)))
      ? now
      : undefined;
  }
}
