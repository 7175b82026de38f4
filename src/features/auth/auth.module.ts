import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/attempts.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { UsersModule } from '../users/users.module.ts';
import { AdministratorsService } from './administrators.service.ts';
import { AuthController } from './auth.controller.ts';
import { AuthService } from './auth.service.ts';
import { BreachedPasswords } from './breached-passwords.ts';
import { CommonPasswords } from './common-passwords.ts';
import { FirstAdministrator } from './first-administrator.ts';
import { MagicLinksController } from './magic-links.controller.ts';
import { MagicLinksService } from './magic-links.service.ts';
import { PasswordChangesService } from './password-changes.service.ts';
import { PasswordCheck } from './password-check.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordLock } from './password-lock.ts';
import { PasswordPolicy } from './password-policy.ts';
import { PasswordRecoveryService } from './password-recovery.service.ts';
import { PasswordUpgrade } from './password-upgrade.ts';
import { PasswordsController } from './passwords.controller.ts';
import { PasswordsService } from './passwords.service.ts';
import { TokenChecksService } from './token-checks.service.ts';

/** From a stranger to a session, and out again. */
@Module({
  imports: [AttemptsModule, MailModule, SessionsModule, UsersModule],
  controllers: [AuthController, MagicLinksController, PasswordsController],
  providers: [
    AdministratorsService,
    AuthService,
    BreachedPasswords,
    CommonPasswords,
    FirstAdministrator,
    MagicLinksService,
    PasswordChangesService,
    PasswordCheck,
    PasswordHasher,
    PasswordLock,
    PasswordPolicy,
    PasswordRecoveryService,
    PasswordUpgrade,
    PasswordsService,
    TokenChecksService,
  ],
  exports: [
    AdministratorsService,
    AuthService,
    MagicLinksService,
    PasswordRecoveryService,
    PasswordsService,
    TokenChecksService,
  ],
})
export class AuthModule {}
