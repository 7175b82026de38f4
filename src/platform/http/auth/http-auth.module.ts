import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { AccessTokenStrategy } from './access-token.strategy.ts';
import { ApiKeyCache } from './api-key-cache.ts';
import { ApiKeyStrategy } from './api-key.strategy.ts';
import { ApiKeyUsage } from './api-key-usage.ts';
import { SessionCache } from './session-cache.ts';
import { ActiveApiKeysRepository } from './active-api-keys.repository.ts';
import { ActiveSessionsRepository } from './active-sessions.repository.ts';
import { VerificationKeys } from './verification-keys.ts';
import { VerificationKeysRepository } from './verification-keys.repository.ts';
import { VerifiedTokenCache } from './verified-token-cache.ts';

/** Verifies access tokens and API keys; features/auth issues them. */
@Module({
  imports: [PassportModule.register({ defaultStrategy: 'jwt', session: false })],
  providers: [
    AccessTokenStrategy,
    ActiveApiKeysRepository,
    ApiKeyCache,
    ApiKeyStrategy,
    ApiKeyUsage,
    SessionCache,
    ActiveSessionsRepository,
    VerificationKeys,
    VerificationKeysRepository,
    VerifiedTokenCache,
  ],
  exports: [AccessTokenStrategy, ActiveSessionsRepository, SessionCache, VerificationKeysRepository],
})
export class HttpAuthModule {}
