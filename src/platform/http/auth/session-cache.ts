import { Inject, Injectable } from '@nestjs/common';
import { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { isMfaMissing } from '../../config/variables/credentials.ts';
import type { CachedAccess } from './access-cache.ts';
import { AccessCache } from './access-cache.ts';
import { ActiveSessionsRepository } from './active-sessions.repository.ts';
import type { Permission } from './permissions.ts';
import { permissionsOf } from './permissions.ts';

/** The owner of an active session, with the owner's current permissions. */
export interface SessionPrincipal extends CachedAccess {
  readonly permissions: readonly Permission[];
  /** Whether logins of the owner require a second factor. */
  readonly mfaEnabled: boolean;
  /** Whether a role of the owner requires a second factor, and there is none. */
  readonly mfaMissing: boolean;
}

/** Caches active sessions by their id: neither revoked nor expired, and their users neither disabled nor deleted. */
@Injectable()
export class SessionCache extends AccessCache<SessionPrincipal> {
  constructor(
    private readonly repository: ActiveSessionsRepository,
    invalidations: AccessInvalidationBus,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {
    super(invalidations);
  }

  protected override async read(sessionId: string): Promise<SessionPrincipal | undefined> {
    const found = await this.repository.findActive(sessionId);
    if (found === undefined) return undefined;
    const { userId, roles, mfaEnabled, endsAt } = found;
    const mfaMissing = isMfaMissing(this.config, found);
    return { userId, permissions: permissionsOf(roles), mfaEnabled, mfaMissing, endsAt };
  }
}
