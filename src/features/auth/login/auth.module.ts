import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { MailModule } from '../../mail/index.ts';
import { UsersModule } from '../../users/index.ts';
import { LoginThrottlingModule } from '../login-throttling/index.ts';
import { MfaModule } from '../mfa/index.ts';
import { OAuthModule } from '../oauth/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { PasskeysModule } from '../passkeys/index.ts';
import { PasswordsModule } from '../passwords/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { TokenDeliveryModule } from '../token-delivery/index.ts';
import { AdministratorsService } from './administrators.service.ts';
import { AuthController } from './auth.controller.ts';
import { AuthService } from './auth.service.ts';
import { CredentialVerifier } from './credential-verifier.ts';
import { DevelopmentAdminSeeder } from './development-admin-seeder.ts';
import { FactorVerifier } from './factor-verifier.ts';
import { MagicLinksController } from './magic-links.controller.ts';
import { MagicLinksService } from './magic-links.service.ts';
import { MfaLoginController } from './mfa-login.controller.ts';
import { MfaLoginService } from './mfa-login.service.ts';
import { OAuthLoginController } from './oauth-login.controller.ts';
import { OneTimeTokenVerifier } from './one-time-token-verifier.ts';
import { PasskeyLoginController } from './passkey-login.controller.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import { PasswordChangesService } from './password-changes.service.ts';
import { PasswordLock } from './password-lock.ts';
import { PasswordRecoveryService } from './password-recovery.service.ts';
import { PasswordRehasher } from './password-rehasher.ts';
import { PasswordsController } from './passwords.controller.ts';
import { PasswordsService } from './passwords.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

/** Registration, login, magic links, and changes and resets of the password. */
@Module({
  imports: [
    LoginThrottlingModule,
    MailModule,
    MfaModule,
    OAuthModule,
    OneTimeTokensModule,
    PasskeysModule,
    PasswordsModule,
    SessionsModule,
    TokenDeliveryModule,
    UsersModule,
    Feature.declare({
      tag: {
        name: 'auth',
        description: 'Registration, login, passwords, second factors, passkeys, sessions and API keys',
        order: 1,
      },
      auditEvents: [
        'authn_login_fail',
        'authn_login_lock',
        'authn_magic_link_requested',
        'authn_password_change_fail',
        'authn_password_reset_requested',
      ],
    }),
  ],
  controllers: [
    AuthController,
    MagicLinksController,
    MfaLoginController,
    OAuthLoginController,
    PasskeyLoginController,
    PasswordsController,
  ],
  providers: [
    AdministratorsService,
    AuthService,
    CredentialVerifier,
    DevelopmentAdminSeeder,
    FactorVerifier,
    MagicLinksService,
    MfaLoginService,
    OneTimeTokenVerifier,
    PasskeyLoginService,
    PasswordChangesService,
    PasswordLock,
    PasswordRecoveryService,
    PasswordRehasher,
    PasswordsService,
    ReauthenticationService,
  ],
  exports: [
    AuthService,
    MagicLinksService,
    MfaLoginService,
    OneTimeTokenVerifier,
    PasskeyLoginService,
    PasswordRecoveryService,
    PasswordsService,
  ],
})
export class AuthModule {}
