import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.ts';
import { EmailAddressesModule } from '../email-addresses/email-addresses.module.ts';
import { AccountPages } from './account-pages.ts';
import { AddressPagesController } from './address-pages.controller.ts';
import { MagicLinkPagesController } from './magic-link-pages.controller.ts';
import { PasswordPagesController } from './password-pages.controller.ts';

/** The pages that mailed links open when no front end is configured. */
@Module({
  imports: [AuthModule, EmailAddressesModule],
  controllers: [AddressPagesController, MagicLinkPagesController, PasswordPagesController],
  providers: [AccountPages],
})
export class AccountPagesModule {}
