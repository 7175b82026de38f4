import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/login/index.ts';
import { EmailVerificationModule } from '../auth/email-verification/index.ts';
import { HostedPages } from './hosted-pages.ts';
import { EmailPagesController } from './email-pages.controller.ts';
import { MagicLinkPagesController } from './magic-link-pages.controller.ts';
import { PasswordPagesController } from './password-pages.controller.ts';

/** The pages of emailed links, used when no front end is configured. */
@Module({
  imports: [AuthModule, EmailVerificationModule],
  controllers: [EmailPagesController, MagicLinkPagesController, PasswordPagesController],
  providers: [HostedPages],
})
export class HostedPagesModule {}
