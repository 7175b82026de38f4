import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { MailModule } from '../../mail/index.ts';
import { LoginMethodsModule } from '../login-methods/index.ts';
import { LoginThrottlingModule } from '../login-throttling/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { FactorChangesService } from './factor-changes.service.ts';
import { MfaChallengesRepository } from './mfa-challenges.repository.ts';
import { MfaChallengesService } from './mfa-challenges.service.ts';
import { MfaController } from './mfa.controller.ts';
import { RecoveryCodesRepository } from './recovery-codes.repository.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { SecondFactorsService } from './second-factors.service.ts';
import { totpFactorsExport, TotpFactorsRepository } from './totp-factors.repository.ts';
import { TotpFactorsService } from './totp-factors.service.ts';
import { TotpLock } from './totp-lock.ts';
import { UserMfaController } from './user-mfa.controller.ts';
import { UserMfaRepository } from './user-mfa.repository.ts';
import { UserMfaService } from './user-mfa.service.ts';

/** Second factors: authenticator apps, recovery codes, and the challenges of logins. */
@Module({
  imports: [
    LoginMethodsModule,
    LoginThrottlingModule,
    MailModule,
    SessionsModule,
    Feature.declare({
      auditEvents: [
        'authn_mfa_fail',
        'authn_mfa_lock',
        'authn_mfa_required',
        'authn_recovery_code_used',
        'mfa_enrolment_started',
        'mfa_factor_activated',
        'mfa_factor_deleted',
        'mfa_recovery_codes_replaced',
      ],
      encryptedColumns: [
        { table: 'totp_factors', column: 'encrypted_secret', key: 'id', keyType: 'uuid' },
        { table: 'hash_keys', column: 'encrypted_key', key: 'purpose', keyType: 'text' },
      ],
      accountExport: { authenticatorApps: totpFactorsExport },
      retention: [
        { table: 'mfa_challenges', expired: 'expires_at <= now()', orderBy: 'expires_at' },
        {
          table: 'totp_factors',
          expired: "activated_at IS NULL AND created_at < now() - interval '1 hour'",
          orderBy: 'created_at',
        },
      ],
    }),
  ],
  controllers: [MfaController, UserMfaController],
  providers: [
    FactorChangesService,
    MfaChallengesRepository,
    MfaChallengesService,
    RecoveryCodesRepository,
    RecoveryCodesService,
    SecondFactorsService,
    TotpFactorsRepository,
    TotpFactorsService,
    TotpLock,
    UserMfaRepository,
    UserMfaService,
  ],
  exports: [FactorChangesService, MfaChallengesService, RecoveryCodesService, SecondFactorsService, TotpLock],
})
export class MfaModule {}
