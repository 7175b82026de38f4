import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { AccessChange, AccessChangeListener } from '../../database/access-change.ts';
import { AccessChanges } from '../../database/access-changes.ts';
import type { LiveSession } from './live-sessions.repository.ts';
import { LiveSessionsRepository } from './live-sessions.repository.ts';
import { NewestEntries } from '../newest-entries.ts';
import type { Permission } from './permissions.ts';
import { permissionsOf } from './permissions.ts';

/** The holder of a live session, with what they may do as of now. */
export interface SessionHolder {
  readonly userId: string;
  readonly permissions: readonly Permission[];
}

interface Known extends SessionHolder {
  readonly endsAt: Date;
}

/** A question to the database that is not answered yet, and what has changed since it was asked. */
interface Load {
  readonly sessionId: string;
  readonly changedUsers: Set<string>;
  isOvertaken: boolean;
}

/** Of more sessions than this the first are forgotten, and asked for again. */
const sessionsMax = 10_000;

/**
 * Which sessions are alive, and whose they are: asked of the database once, then kept in memory until something changes
 * (auth.md §2). What can't be vouched for, because changes are not heard, is asked each time: an end that is committed
 * holds within a second, and nobody is let in on a guess.
 */
@Injectable()
export class LiveSessions implements OnModuleInit, AccessChangeListener {
  private readonly known = new NewestEntries<string, Known>(sessionsMax);
  private readonly loads = new Set<Load>();

  constructor(
    private readonly repository: LiveSessionsRepository,
    private readonly changes: AccessChanges,
  ) {}

  onModuleInit(): void {
    this.changes.subscribe(this);
  }

  /** The user of this session when it is neither killed nor over and the user is neither disabled nor deleted. */
  async find(sessionId: string): Promise<SessionHolder | undefined> {
    const known = this.changes.areCurrent() ? this.known.get(sessionId) : undefined;
    if (known !== undefined && known.endsAt.getTime() > Date.now()) return known;
    return await this.load(sessionId);
  }

  changed({ sessionId, userId }: AccessChange): void {
    if (sessionId) this.forgetSession(sessionId);
    if (userId) this.forgetUser(userId);
  }

  missed(): void {
    this.known.clear();
    for (const load of this.loads) load.isOvertaken = true;
  }

  private async load(sessionId: string): Promise<SessionHolder | undefined> {
    for (;;) {
      const load: Load = { sessionId, changedUsers: new Set(), isOvertaken: false };
      this.loads.add(load);
      try {
        const found = await this.repository.findLive(sessionId);
        // The answer may be older than the news.
        if (load.isOvertaken || (found !== undefined && load.changedUsers.has(found.userId))) continue;
        return found && this.remember(sessionId, found);
      } finally {
        this.loads.delete(load);
      }
    }
  }

  private remember(sessionId: string, found: LiveSession): Known {
    const known = { userId: found.userId, permissions: permissionsOf(found.roles), endsAt: found.endsAt };
    this.known.set(sessionId, known);
    return known;
  }

  private forgetSession(id: string): void {
    this.known.delete(id);
    for (const load of this.loads) load.isOvertaken ||= load.sessionId === id;
  }

  private forgetUser(id: string): void {
    for (const [sessionId, { userId }] of this.known) if (userId === id) this.known.delete(sessionId);
    for (const load of this.loads) load.changedUsers.add(id);
  }
}
