import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { requiresMfa } from '../../../platform/config/variables/credentials.ts';
import { LastLoginMethod, SecondFactorRequired } from './login-methods.errors.ts';
import type { LockedUser } from './login-methods.repository.ts';
import { LoginMethodsRepository } from './login-methods.repository.ts';

/** What a user can log in with, across passwords, authenticator apps, passkeys and providers. All calls join a transaction. */
@Injectable()
export class LoginMethodsService {
  constructor(
    private readonly methods: LoginMethodsRepository,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

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

  /**
   * Rolls the deletion of the last second factor back if a role of the user requires one.
   * @throws SecondFactorRequired
   */
  async assertMfaNotRequired(userId: string): Promise<void> {
    if (this.config.mfaRequiredRoles.length === 0) return;
    if (requiresMfa(this.config, await this.methods.rolesOf(userId))) throw new SecondFactorRequired();
  }

  /** Sets, after a change of second factors, whether logins require one, which is also the result. */
  async updateMfaEnabled(userId: string): Promise<boolean> {
    return await this.methods.updateMfaEnabled(userId);
  }
}
