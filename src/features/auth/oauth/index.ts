export { challengeOf } from './oauth-codes.service.ts';
export { OAuthFlows } from './oauth-flows.service.ts';
export { hostedCallbackPath, OAuthProviders } from './oauth-providers.service.ts';
export { OAuthLogins } from './oauth-logins.service.ts';
export { OAuthCodeDto } from './oauth-code.ts';
export {
  IdentityNotLinked,
  InvalidOAuthCode,
  OAuthLoginRefused,
  ProviderAuthenticationNotRecent,
} from './oauth.errors.ts';
export { OAuthModule } from './oauth.module.ts';
