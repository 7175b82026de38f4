import { Module } from '@nestjs/common';
import { MailModule } from '../mail/mail.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { UsersModule } from '../users/users.module.ts';
import { AccountPagesController } from './account-pages.controller.ts';
import { AuthController } from './auth.controller.ts';
import { AuthService } from './auth.service.ts';
import { FirstAdministrator } from './first-administrator.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPagesController } from './password-pages.controller.ts';
import { PasswordPolicy } from './password-policy.ts';
import { PasswordsController } from './passwords.controller.ts';
import { PasswordsService } from './passwords.service.ts';

/** From a stranger to a session, and out again. */
@Module({
  imports: [MailModule, SessionsModule, UsersModule],
  controllers: [AccountPagesController, AuthController, PasswordPagesController, PasswordsController],
  providers: [AuthService, FirstAdministrator, PasswordHasher, PasswordPolicy, PasswordsService],
})
export class AuthModule {}
