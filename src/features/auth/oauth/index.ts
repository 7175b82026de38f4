export { codeMember, codeVerifierMember } from './oauth-code.ts';
export { OAuthLogins } from './oauth-logins.service.ts';
export {
  IdentityNotLinked,
  InvalidOAuthCode,
  OAuthLoginRefused,
  ProviderAuthenticationNotRecent,
} from './oauth.errors.ts';
export { OAuthModule } from './oauth.module.ts';
