import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { OneTimeTokensRepository } from './one-time-tokens.repository.ts';
import { OneTimeTokensService } from './one-time-tokens.service.ts';

/** One-time tokens for links that are sent by email. */
@Module({
  imports: [
    Feature.declare({
      encryptedColumns: [{ table: 'one_time_tokens', column: 'encrypted_token', key: 'id', keyType: 'uuid' }],
      retention: [
        {
          table: 'one_time_tokens',
          expired: "LEAST(expires_at, consumed_at, revoked_at) < now() - interval '7 days'",
          orderBy: 'LEAST(expires_at, consumed_at, revoked_at)',
        },
      ],
    }),
  ],
  providers: [OneTimeTokensRepository, OneTimeTokensService],
  exports: [OneTimeTokensService],
})
export class OneTimeTokensModule {}
