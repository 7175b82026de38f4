import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { AccountsService } from '../users/accounts.service.ts';
import { PasswordHasher } from './password-hasher.ts';

/** The account that a development machine begins with. */
export interface FirstAdministratorAccount {
  readonly email: string;
  readonly password: string;
}

const email = 'admin@example.com';

/** Gives the embedded database somebody to log in as; no other database ever gets a default account (ASVS 6.3.2). */
@Injectable()
export class FirstAdministrator {
  constructor(
    private readonly accounts: AccountsService,
    private readonly hasher: PasswordHasher,
  ) {}

  /** Makes the account with a new password, unless there is an administrator already. */
  async ensure(): Promise<FirstAdministratorAccount | undefined> {
    if (await this.accounts.hasAdministrator()) return undefined;
    const password = randomBytes(15).toString('base64url');
    const made = await this.store(await this.hasher.hash(password));
    return made ? { email, password } : undefined;
  }

  @Transactional()
  private async store(passwordHash: string): Promise<boolean> {
    const account = { id: uuidv7(), email, emailVerifiedAt: new Date(), displayName: 'Administrator', passwordHash };
    return await this.accounts.create({ ...account, roles: ['user', 'admin'] }, 'first start');
  }
}
