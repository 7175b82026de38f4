import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EncryptedState } from '../../../platform/crypto/encrypted-state.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { Forbidden, Unauthenticated } from '../../../platform/http/auth/auth.errors.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { SessionCache } from '../../../platform/http/auth/session-cache.ts';
import { HostCookies } from '../../../platform/http/server/host-cookies.ts';

/** What the dashboard requires, as the API of queues does. */
export const dashboardPermission = 'jobs:write';

const cookieName = 'queues';
const lifetimeSeconds = 600;

/** Grants a browser access to the dashboard for ten minutes, as long as the session that it was issued to is active. */
@Injectable()
export class QueueDashboardCookie {
  private readonly states: EncryptedState<{ readonly sessionId: string }>;

  constructor(
    private readonly cookies: HostCookies,
    private readonly sessions: SessionCache,
    encryptor: Encryptor,
  ) {
    this.states = new EncryptedState(encryptor, 'queue dashboard', lifetimeSeconds);
  }

  issue({ sessionId }: SessionCaller, reply: FastifyReply): void {
    const value = this.states.encode({ sessionId });
    this.cookies.set(reply, cookieName, { value, maxAgeSeconds: lifetimeSeconds });
  }

  /** @throws Unauthenticated, Forbidden */
  async verify(request: FastifyRequest): Promise<void> {
    const { sessionId } = this.states.decode(this.cookies.read(request, cookieName)) ?? {};
    const session = sessionId === undefined ? undefined : await this.sessions.find(sessionId);
    if (session === undefined) throw new Unauthenticated();
    if (session.mfaMissing || !session.permissions.some((held) => held === dashboardPermission)) throw new Forbidden();
  }
}
