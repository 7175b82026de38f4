import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { AccessInvalidation, AccessInvalidationListener } from '../../cache-invalidation/access-invalidation.ts';
import { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';
import type { ActiveSession } from './active-sessions.repository.ts';
import { ActiveSessionsRepository } from './active-sessions.repository.ts';
import { BoundedMap } from '../../async/bounded-map.ts';
import type { Permission } from './permissions.ts';
import { permissionsOf } from './permissions.ts';

/** The owner of an active session, with the owner's current permissions. */
export interface SessionPrincipal {
  readonly userId: string;
  readonly permissions: readonly Permission[];
  /** Whether logins of the owner require a second factor. */
  readonly mfaEnabled: boolean;
}

interface CachedSession extends SessionPrincipal {
  readonly endsAt: Date;
}

/** A query in flight, and the invalidations that were received since it began. */
interface SessionLoad {
  readonly sessionId: string;
  readonly invalidatedUsers: Set<string>;
  isStale: boolean;
}

/** Beyond this number, the oldest entries are evicted and loaded again on demand. */
const maxSessions = 10_000;

/**
 * Caches active sessions with their owners until they are invalidated. While the invalidation bus is disconnected, every
 * lookup reads the database: a committed revocation takes effect within one second.
 */
@Injectable()
export class SessionCache implements OnModuleInit, AccessInvalidationListener {
  private readonly entries = new BoundedMap<string, CachedSession>(maxSessions);
  private readonly loads = new Set<SessionLoad>();

  constructor(
    private readonly repository: ActiveSessionsRepository,
    private readonly invalidations: AccessInvalidationBus,
  ) {}

  onModuleInit(): void {
    this.invalidations.subscribe(this);
  }

  /** The owner of the session if it is neither revoked nor expired and its user neither disabled nor deleted. */
  async find(sessionId: string): Promise<SessionPrincipal | undefined> {
    const cached = this.invalidations.isUpToDate() ? this.entries.get(sessionId) : undefined;
    if (cached !== undefined && cached.endsAt.getTime() > Date.now()) return cached;
    return await this.load(sessionId);
  }

  onInvalidation({ sessionId, userId }: AccessInvalidation): void {
    if (sessionId) this.evictSession(sessionId);
    if (userId) this.evictUser(userId);
  }

  invalidateAll(): void {
    this.entries.clear();
    for (const load of this.loads) load.isStale = true;
  }

  private async load(sessionId: string): Promise<SessionPrincipal | undefined> {
    for (;;) {
      const load: SessionLoad = { sessionId, invalidatedUsers: new Set(), isStale: false };
      this.loads.add(load);
      try {
        const found = await this.repository.findActive(sessionId);
        // The result may be older than an invalidation that arrived meanwhile.
        if (load.isStale || (found !== undefined && load.invalidatedUsers.has(found.userId))) continue;
        return found && this.store(sessionId, found);
      } finally {
        this.loads.delete(load);
      }
    }
  }

  private store(sessionId: string, found: ActiveSession): CachedSession {
    const { userId, roles, mfaEnabled, endsAt } = found;
    const entry = { userId, permissions: permissionsOf(roles), mfaEnabled, endsAt };
    this.entries.set(sessionId, entry);
    return entry;
  }

  private evictSession(id: string): void {
    this.entries.delete(id);
    for (const load of this.loads) load.isStale ||= load.sessionId === id;
  }

  private evictUser(id: string): void {
    for (const [sessionId, { userId }] of this.entries) if (userId === id) this.entries.delete(sessionId);
    for (const load of this.loads) load.invalidatedUsers.add(id);
  }
}
