export type { ProviderOrigin } from './session-creation.repository.ts';
export { RefreshTokensService } from './refresh-tokens.service.ts';
export type { FoundSession } from './sessions.repository.ts';
export type { ProviderSessions } from './session-revocation.repository.ts';
export { SessionRevocationService } from './session-revocation.service.ts';
export type { AccessToken, TokenPair } from './session-tokens.ts';
export { InvalidRefreshToken, SessionEnded } from './sessions.errors.ts';
export { SessionsModule } from './sessions.module.ts';
export { SessionsService } from './sessions.service.ts';
