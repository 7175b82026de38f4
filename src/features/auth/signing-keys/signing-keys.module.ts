import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { AccessTokenIssuer } from './access-token-issuer.ts';
import { JwksController } from './jwks.controller.ts';
import { KeyRotationService } from './key-rotation.service.ts';
import { RotateKeysJob } from './rotate-keys.job.ts';
import { SigningKeysRepository } from './signing-keys.repository.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** Signing keys, their rotation, and the access tokens that they sign. */
@Module({
  imports: [
    Feature.declare({
      auditEvents: ['signing_key_revoked', 'signing_key_rotated'],
      encryptedColumns: [{ table: 'signing_keys', column: 'encrypted_private_key', key: 'kid', keyType: 'text' }],
    }),
  ],
  controllers: [JwksController],
  providers: [AccessTokenIssuer, KeyRotationService, RotateKeysJob, SigningKeysRepository, SigningKeysService],
  exports: [AccessTokenIssuer],
})
export class SigningKeysModule {}
