import { Injectable } from '@nestjs/common';
import { LastLoginMethod } from './login-methods.errors.ts';
import type { LockedUser } from './login-methods.repository.ts';
import { LoginMethodsRepository } from './login-methods.repository.ts';

/** What a user can log in with, across passwords, authenticator apps, passkeys and providers. All calls join a transaction. */
@Injectable()
export class LoginMethodsService {
  constructor(private readonly methods: LoginMethodsRepository) {}

  /**
   * Locks a user before a change of the login methods, so that concurrent changes are made one after the other; undefined
   * when the user is deleted.
   */
  async lockUser(userId: string): Promise<LockedUser | undefined> {
    return await this.methods.lockUser(userId);
  }

  /**
   * Rolls the deletion of a login method back that has left none. A magic link does not count: it can be disabled. The
   * user must be locked.
   * @throws LastLoginMethod
   */
  async assertOneRemains(userId: string): Promise<void> {
    if (!(await this.methods.hasLoginMethod(userId))) throw new LastLoginMethod();
  }

  /** Sets, after a change of second factors, whether logins require one, which is also the result. */
  async updateMfaEnabled(userId: string): Promise<boolean> {
    return await this.methods.updateMfaEnabled(userId);
  }
}
