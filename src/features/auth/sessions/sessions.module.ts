import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { graphqlResolver } from '../../../platform/feature/graphql-resolver.ts';
import { MailModule } from '../../mail/index.ts';
import { SigningKeysModule } from '../signing-keys/index.ts';
import { RefreshTokensService } from './refresh-tokens.service.ts';
import { SessionCreationRepository } from './session-creation.repository.ts';
import { SessionListsRepository, sessionsExport } from './session-lists.repository.ts';
import { SessionListsService } from './session-lists.service.ts';
import { SessionRevocationRepository } from './session-revocation.repository.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import { SessionTokens } from './session-tokens.ts';
import { OwnSessionsController } from './sessions.controller.ts';
import { SessionsRepository } from './sessions.repository.ts';
import { SessionsService } from './sessions.service.ts';
import { SuccessorCleanup } from './successor-cleanup.ts';
import { UserSessionsController } from './user-sessions.controller.ts';

/** Sessions: creation, refresh, lists and revocation. */
@Module({
  imports: [
    MailModule,
    SigningKeysModule,
    Feature.declare({
      permissions: { 'sessions:read': ['admin'], 'sessions:write': ['admin'] },
      auditEvents: [
        'authn_login_fail',
        'authn_login_success',
        'authn_reauthenticated',
        'authn_token_reuse',
        'session_created',
        'session_ended',
      ],
      accountExport: { sessions: sessionsExport },
      retention: [
        {
          // No reuse interval is longer than half a minute.
          name: 'encryptedSuccessors',
          statement: `UPDATE refresh_tokens SET encrypted_successor = NULL WHERE id IN (
            SELECT id FROM refresh_tokens
            WHERE encrypted_successor IS NOT NULL AND used_at < now() - interval '1 minute'
            LIMIT $1 FOR UPDATE SKIP LOCKED
          )`,
        },
        {
          // The used refresh tokens of an active session stay: they reveal a stolen token.
          table: 'sessions',
          expired: "LEAST(expires_at, revoked_at) < now() - interval '30 days'",
          orderBy: 'LEAST(expires_at, revoked_at)',
          children: { table: 'refresh_tokens', foreignKey: 'session_id' },
        },
      ],
    }),
  ],
  controllers: [OwnSessionsController, UserSessionsController],
  providers: [
    RefreshTokensService,
    SessionCreationRepository,
    SessionListsRepository,
    SessionListsService,
    SessionRevocationRepository,
    SessionRevocationService,
    SessionTokens,
    SessionsRepository,
    SessionsService,
    SuccessorCleanup,
    ...graphqlResolver(async () => (await import('./sessions.resolver.ts')).SessionsResolver),
  ],
  exports: [RefreshTokensService, SessionRevocationService, SessionsService],
})
export class SessionsModule {}
