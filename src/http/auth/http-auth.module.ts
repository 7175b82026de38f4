import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { AccessTokenStrategy } from './access-token.strategy.ts';
import { LiveSessions } from './live-sessions.ts';
import { LiveSessionsRepository } from './live-sessions.repository.ts';
import { VerificationKeys } from './verification-keys.ts';
import { VerificationKeysRepository } from './verification-keys.repository.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** Who is calling: verifies tokens, issues none. */
@Module({
  imports: [PassportModule.register({ defaultStrategy: 'jwt', session: false })],
  providers: [
    AccessTokenStrategy,
    LiveSessions,
    LiveSessionsRepository,
    VerificationKeys,
    VerificationKeysRepository,
    VerifiedTokens,
  ],
  exports: [AccessTokenStrategy, LiveSessionsRepository, VerificationKeysRepository],
})
export class HttpAuthModule {}
