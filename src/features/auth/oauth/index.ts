export { OAuthLogins } from './oauth-logins.service.ts';
export { OAuthCodeDto } from './oauth-code.ts';
export {
  IdentityNotLinked,
  InvalidOAuthCode,
  OAuthLoginRefused,
  ProviderAuthenticationNotRecent,
} from './oauth.errors.ts';
export { OAuthModule } from './oauth.module.ts';
