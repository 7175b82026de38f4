import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { AccountsService } from '../../users/index.ts';
import { PasswordHasher } from '../passwords/index.ts';

/** The account of a new development database. */
export interface SeededAdministrator {
  readonly email: string;
  readonly password: string;
}

/** The email address of the administrator of the embedded database. */
export const developmentAdminEmail = 'admin@example.com';

/** Creates an administrator in the embedded database; no other database gets a default account (ASVS 6.3.2). */
@Injectable()
export class DevelopmentAdminSeeder {
  constructor(
    private readonly accounts: AccountsService,
    private readonly hasher: PasswordHasher,
  ) {}

  /** Creates the account with a random password; undefined when there is an administrator already. */
  async ensure(): Promise<SeededAdministrator | undefined> {
    if (await this.accounts.hasAdministrator()) return undefined;
    const password = randomBytes(15).toString('base64url');
    const created = await this.store(await this.hasher.hash(password));
    return created ? { email: developmentAdminEmail, password } : undefined;
  }

  @Transactional()
  private async store(passwordHash: string): Promise<boolean> {
    const account = {
      id: uuidv7(),
      email: developmentAdminEmail,
      emailVerifiedAt: new Date(),
      displayName: 'Administrator',
      passwordHash,
    };
    return await this.accounts.create({ ...account, roles: ['user', 'admin'] }, 'first start');
  }
}
