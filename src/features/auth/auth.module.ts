import { Module } from '@nestjs/common';
import { MailModule } from '../mail/mail.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { UsersModule } from '../users/users.module.ts';
import { AuthController } from './auth.controller.ts';
import { AuthService } from './auth.service.ts';
import { FirstAdministrator } from './first-administrator.ts';
import { MagicLinksController } from './magic-links.controller.ts';
import { MagicLinksService } from './magic-links.service.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';
import { PasswordRecoveryService } from './password-recovery.service.ts';
import { PasswordsController } from './passwords.controller.ts';
import { PasswordsService } from './passwords.service.ts';

/** From a stranger to a session, and out again. */
@Module({
  imports: [MailModule, SessionsModule, UsersModule],
  controllers: [AuthController, MagicLinksController, PasswordsController],
  providers: [
    AuthService,
    FirstAdministrator,
    MagicLinksService,
    PasswordHasher,
    PasswordPolicy,
    PasswordRecoveryService,
    PasswordsService,
  ],
  exports: [AuthService, MagicLinksService, PasswordRecoveryService, PasswordsService],
})
export class AuthModule {}
