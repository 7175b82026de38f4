import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { MailModule } from '../../mail/index.ts';
import { LoginMethodsModule } from '../login-methods/index.ts';
import { MfaModule } from '../mfa/index.ts';
import { PasskeyAssertionsService } from './passkey-assertions.service.ts';
import { PasskeyChallengesRepository } from './passkey-challenges.repository.ts';
import { PasskeyChallengesService } from './passkey-challenges.service.ts';
import { PasskeysController } from './passkeys.controller.ts';
import { passkeysExport, PasskeysRepository } from './passkeys.repository.ts';
import { PasskeysService } from './passkeys.service.ts';

/** Passkeys: their registration and management, and the verification of their assertions. */
@Module({
  imports: [
    LoginMethodsModule,
    MailModule,
    MfaModule,
    Feature.declare({
      auditEvents: ['authn_passkey_fail', 'mfa_factor_renamed'],
      accountExport: { passkeys: passkeysExport },
      retention: [
        {
          table: 'passkey_challenges',
          expired: 'expires_at <= now()',
          orderBy: 'expires_at',
          key: ['challenge_hash'],
        },
      ],
    }),
  ],
  controllers: [PasskeysController],
  providers: [
    PasskeyAssertionsService,
    PasskeyChallengesRepository,
    PasskeyChallengesService,
    PasskeysRepository,
    PasskeysService,
  ],
  exports: [PasskeyAssertionsService],
})
export class PasskeysModule {}
