import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { MailModule } from '../../mail/index.ts';
import { UsersModule } from '../../users/index.ts';
import { LoginThrottlingModule } from '../login-throttling/index.ts';
import { AuthModule } from '../login/index.ts';
import { OneTimeTokensModule } from '../one-time-tokens/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { EmailChangesService } from './email-changes.service.ts';
import { EmailVerificationController } from './email-verification.controller.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** Resending of verification emails, and changes of the email address. */
@Module({
  imports: [
    AuthModule,
    LoginThrottlingModule,
    MailModule,
    OneTimeTokensModule,
    SessionsModule,
    UsersModule,
    Feature.declare({ auditEvents: ['user_email_change_requested', 'user_email_verification_requested'] }),
  ],
  controllers: [EmailVerificationController],
  providers: [EmailChangesService, EmailVerificationService],
  exports: [EmailChangesService, EmailVerificationService],
})
export class EmailVerificationModule {}
