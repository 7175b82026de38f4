import { Module } from '@nestjs/common';
import { AttemptsModule } from '../attempts/attempts.module.ts';
import { AuthModule } from '../auth/auth.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { UsersModule } from '../users/users.module.ts';
import { EmailAddressesController } from './email-addresses.controller.ts';
import { EmailChangesService } from './email-changes.service.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** How an address is verified once more, and how an account moves to another one. */
@Module({
  imports: [AttemptsModule, AuthModule, MailModule, SessionsModule, UsersModule],
  controllers: [EmailAddressesController],
  providers: [EmailChangesService, EmailVerificationService],
  exports: [EmailChangesService, EmailVerificationService],
})
export class EmailAddressesModule {}
