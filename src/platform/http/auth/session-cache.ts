import { Injectable } from '@nestjs/common';
import { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';
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
}

/** Caches active sessions by their id: neither revoked nor expired, and their users neither disabled nor deleted. */
@Injectable()
export class SessionCache extends AccessCache<SessionPrincipal> {
  constructor(
    private readonly repository: ActiveSessionsRepository,
    invalidations: AccessInvalidationBus,
  ) {
    super(invalidations);
  }

  protected override async read(sessionId: string): Promise<SessionPrincipal | undefined> {
    const found = await this.repository.findActive(sessionId);
    if (found === undefined) return undefined;
    const { userId, roles, mfaEnabled, endsAt } = found;
    return { userId, permissions: permissionsOf(roles), mfaEnabled, endsAt };
  }
}
