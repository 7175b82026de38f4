import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { UserEmailsService, UsersService } from '../../users/index.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import { SessionEnded, SessionRevocationService } from '../sessions/index.ts';
import type { ListedIdentity } from './identities.repository.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import type { OAuthCodeDto } from './oauth-code.ts';
import type { OAuthCaller, VerifiedLogin } from './oauth-flow.ts';
import { OAuthCodes } from './oauth-codes.service.ts';
import { IdentityInUse, IdentityNotFound, TooManyIdentities } from './oauth.errors.ts';

export type { ListedIdentity };

/** Identities of one user. */
export const maxIdentities = 20;

/** Lists, links and unlinks the accounts at providers of a user. */
@Injectable()
export class IdentitiesService {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly codes: OAuthCodes,
    private readonly methods: LoginMethodsService,
    private readonly users: UsersService,
    private readonly emails: UserEmailsService,
    private readonly sessions: SessionRevocationService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  async list(userId: string): Promise<ListedIdentity[]> {
    return await this.identities.list(userId);
  }

  /**
   * The identities of a user, for an administrator.
   * @throws UserNotFound
   */
  async listOf(userId: string): Promise<ListedIdentity[]> {
    await this.users.get(userId);
    return await this.identities.list(userId);
  }

  /**
   * Links the account at a provider that the user of this session has just proven to own, and notifies the user.
   * @throws InvalidOAuthCode, IdentityInUse, TooManyIdentities, SessionEnded, TooManyAttempts
   */
  async link(caller: OAuthCaller, code: OAuthCodeDto): Promise<ListedIdentity> {
    return await this.store(caller, code, await this.codes.find(code, { purpose: 'link', caller }));
  }

  /**
   * Unlinks an account at a provider, revokes the other sessions of the user, and notifies the user.
   * @throws IdentityNotFound, LastLoginMethod, SessionEnded
   */
  @Transactional()
  async unlink({ userId, sessionId }: OAuthCaller, id: string): Promise<void> {
    const email = await this.emails.emailOf(userId);
    if (email === undefined) throw new SessionEnded();
    if (!(await this.identities.delete(userId, id))) throw new IdentityNotFound();
    await this.methods.assertOneRemains(userId);
    await this.sessions.revokeOthers(userId, sessionId, 'identity_unlinked');
    await this.audit.record('identity_unlinked', { subjectId: userId, reason: id });
    await this.mail.notify('identity-unlinked', email);
  }

  @Transactional()
  private async store(
    { userId, sessionId }: OAuthCaller,
    code: OAuthCodeDto,
    { provider, identity }: VerifiedLogin,
  ): Promise<ListedIdentity> {
    const ownEmail = await this.emails.emailOf(userId);
    if (ownEmail === undefined) throw new SessionEnded();
    await this.codes.consume(code);
    if ((await this.identities.count(userId)) >= maxIdentities) throw new TooManyIdentities();
    const { issuer, subject, email = null } = identity;
    const stored = await this.identities.insert({ id: uuidv7(), userId, provider, issuer, subject, email });
    if (stored === undefined) throw new IdentityInUse();
    await this.audit.record('identity_linked', { subjectId: userId, reason: provider });
    await this.mail.notify('identity-linked', ownEmail);
    await this.sessions.assertActive(userId, sessionId);
    return stored;
  }
}
