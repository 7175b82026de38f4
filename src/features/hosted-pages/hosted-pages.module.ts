import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/login/index.ts';
import { EmailVerificationModule } from '../auth/email-verification/index.ts';
import { OAuthModule } from '../auth/oauth/index.ts';
import { PasswordsModule } from '../auth/passwords/index.ts';
import { TokenDeliveryModule } from '../auth/token-delivery/index.ts';
import { UsersModule } from '../users/index.ts';
import { BrowserLogin } from './browser-login.cookie.ts';
import { EmailPagesController } from './email-pages.controller.ts';
import { FormFields } from './form-fields.view.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { LoginPagesController } from './login-pages.controller.ts';
import { LoginStateCookie } from './login-state.cookie.ts';
import { LoginView } from './login.view.ts';
import { MagicLinkPagesController } from './magic-link-pages.controller.ts';
import { PageAssetsController } from './page-assets.controller.ts';
import { PasswordPagesController } from './password-pages.controller.ts';
import { ProviderPagesController } from './provider-pages.controller.ts';
import { SecondFactorPagesController } from './second-factor-pages.controller.ts';

/** Login, registration and the pages of emailed links, for services without a front end of their own. */
@Module({
  imports: [AuthModule, EmailVerificationModule, OAuthModule, PasswordsModule, TokenDeliveryModule, UsersModule],
  controllers: [
    EmailPagesController,
    LoginPagesController,
    MagicLinkPagesController,
    PageAssetsController,
    PasswordPagesController,
    ProviderPagesController,
    SecondFactorPagesController,
  ],
  providers: [BrowserLogin, FormFields, HostedPagesView, LoginStateCookie, LoginView],
})
export class HostedPagesModule {}
