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

  /** Hashes the password anew if its hash has other parameters or another pepper. Whatever fails, the login does not. */
  async afterLogin(account: Credentials, password: string): Promise<void> {
    if (account.passwordHash === null || !this.hasher.isOutdated(account.passwordHash)) return;
    try {
      await this.credentials.rehash(account, await this.hasher.hash(password));
    } catch (error) {
      this.log.warn({ err: error }, 'A password keeps its old hash until the next login');
    }
  }
}
