import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { requestLanguage } from '../../../platform/i18n/language.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { AccountsService, UserEmailsService } from '../../users/index.ts';
import type { IdentityAccount } from './identities.repository.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import type { VerifiedLogin } from './oauth-flow.ts';
import { OAuthProviders } from './oauth-providers.service.ts';
import { IdentityNotLinked, OAuthLoginRefused } from './oauth.errors.ts';

/** A concurrent transaction changed what this one has read: it has to be repeated. */
export class ConcurrentLink extends Error {}

/**
 * Finds or creates the account of a login with a provider. The key is (issuer, subject), never the email address
 * (OpenID Connect Core 5.7). An email address leads to an account only if the provider is trusted and states that it is
 * verified: otherwise an attacker who enters another person's email address at a provider would get their account.
 */
@Injectable()
export class OAuthAccounts {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly accounts: AccountsService,
    private readonly emails: UserEmailsService,
    private readonly providers: OAuthProviders,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * The enabled account of a login, locked until the caller's transaction ends.
   * @throws OAuthLoginRefused, IdentityNotLinked, both recorded; ConcurrentLink
   */
  async accountOf(login: VerifiedLogin): Promise<IdentityAccount> {
    const { identity } = login;
    const isLocked = await this.identities.lockAccountOf(identity);
    const known = await this.identities.findAccount(identity);
    // Linked meanwhile. Users are locked before their identities, so that concurrent logins do not deadlock.
    if (known !== undefined && !isLocked) throw new ConcurrentLink();
    if (known?.isClosed === true) return await this.refuse(known.userId);
    if (known !== undefined) {
      await this.identities.markUsed(known.identityId, identity.email ?? null);
      return known;
    }
    await this.link(login);
    const linked = await this.identities.findAccount(identity);
    if (linked === undefined || linked.isClosed) throw new ConcurrentLink();
    await this.identities.markUsed(linked.identityId, null);
    return linked;
  }

  private async link({ provider, identity }: VerifiedLogin): Promise<void> {
    const { email, emailVerified, displayName } = identity;
    if (email === undefined || !emailVerified || !this.providers.get(provider).config.emailTrusted) {
      await this.audit.recordFailureAfterTransaction('authn_login_fail', {
        reason: `${provider}: identity not linked`,
      });
      throw new IdentityNotLinked();
    }
    const { account, refusal } = await this.emails.checkRecipient(true, email);
    if (refusal?.subjectId !== undefined) return await this.refuse(refusal.subjectId);
    const isLinkable = account === undefined || (await this.prepareExisting(account, email, provider));
    if (!isLinkable) throw new ConcurrentLink();
    const userId = account?.id ?? (await this.create(email, displayName, provider));
    const stored = { id: uuidv7(), userId, provider, issuer: identity.issuer, subject: identity.subject, email };
    if ((await this.identities.insert(stored)) === undefined) throw new ConcurrentLink();
    await this.audit.record('identity_linked', { actorId: userId, subjectId: userId, reason: provider });
    if (account !== undefined) await this.mail.notify('identity-linked', account.email);
  }

  /** Locks a verified account, and gives an unverified one to the owner of its email address. */
  private async prepareExisting(
    account: { readonly id: string; readonly email: string; readonly isVerified: boolean },
    email: string,
    provider: string,
  ): Promise<boolean> {
    if (account.isVerified) return (await this.emails.emailOf(account.id)) === account.email;
    return (await this.accounts.adoptUnverified(email, `logged in with ${provider}`)) === account.id;
  }

  private async create(email: string, displayName: string | undefined, provider: string): Promise<string> {
    const id = uuidv7();
    const user = { id, email, emailVerifiedAt: new Date(), displayName: displayName ?? null, passwordHash: null };
    const locale = requestLanguage();
    if (!(await this.accounts.create({ ...user, locale, roles: ['user'] }, `logged in with ${provider}`)))
      throw new ConcurrentLink();
    return id;
  }

  private async refuse(subjectId: string): Promise<never> {
    await this.audit.recordFailureAfterTransaction('authn_login_fail', { subjectId, reason: 'disabled or deleted' });
    throw new OAuthLoginRefused();
  }
}
