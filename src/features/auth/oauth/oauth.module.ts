import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { MailModule } from '../../mail/index.ts';
import { UsersModule } from '../../users/index.ts';
import { LoginMethodsModule } from '../login-methods/index.ts';
import { LoginThrottlingModule } from '../login-throttling/index.ts';
import { MfaModule } from '../mfa/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { BackChannelLogout } from './backchannel-logout.service.ts';
import { IdentitiesController } from './identities.controller.ts';
import { identitiesExport, IdentitiesRepository } from './identities.repository.ts';
import { IdentitiesService } from './identities.service.ts';
import { OAuthAccounts } from './oauth-accounts.service.ts';
import { OAuthCodes } from './oauth-codes.service.ts';
import { OAuthFlows } from './oauth-flows.service.ts';
import { OAuthLoginsRepository } from './oauth-logins.repository.ts';
import { OAuthLogins } from './oauth-logins.service.ts';
import { OAuthProviders } from './oauth-providers.service.ts';
import { OAuthController } from './oauth.controller.ts';
import { UserIdentitiesController } from './user-identities.controller.ts';

/** Login with the accounts of providers (OAuth 2.0, OpenID Connect). */
@Module({
  imports: [
    LoginMethodsModule,
    LoginThrottlingModule,
    MailModule,
    MfaModule,
    SessionsModule,
    UsersModule,
    Feature.declare({
      resourceAccess: { startLink: 'any', startProviderReauthentication: 'any' },
      auditEvents: ['authn_login_fail', 'authn_provider_requested', 'identity_linked', 'identity_unlinked'],
      encryptedColumns: [{ table: 'oauth_logins', column: 'encrypted_login', key: 'id', keyType: 'uuid' }],
      accountExport: { identities: identitiesExport },
      retention: [
        { table: 'oauth_logins', expired: 'expires_at <= now()', orderBy: 'expires_at' },
        { table: 'logout_tokens', expired: 'expires_at <= now()', orderBy: 'expires_at', key: ['id_hash'] },
      ],
    }),
  ],
  controllers: [IdentitiesController, OAuthController, UserIdentitiesController],
  providers: [
    BackChannelLogout,
    IdentitiesRepository,
    IdentitiesService,
    OAuthAccounts,
    OAuthCodes,
    OAuthFlows,
    OAuthLogins,
    OAuthLoginsRepository,
    OAuthProviders,
  ],
  exports: [OAuthFlows, OAuthLogins, OAuthProviders],
})
export class OAuthModule {}
