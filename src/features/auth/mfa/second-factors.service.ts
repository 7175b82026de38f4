import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import type { CodeMethod } from './mfa-challenges.service.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { totpStep } from './totp.ts';
import type { FactorSecret, TotpUse } from './totp-factors.repository.ts';
import { TotpFactorsRepository } from './totp-factors.repository.ts';
import { TotpLock } from './totp-lock.ts';

/** With this many recovery codes or fewer, their owner is notified. */
const fewRecoveryCodes = 3;

/** A code that was verified and is not consumed yet. */
export type SecondFactorProof =
  ({ readonly method: 'totp' } & TotpUse) | { readonly method: 'recovery-code'; readonly codeHash: Uint8Array };

/** The methods that a proof adds to a session (RFC 8176; it has no value for look-up secrets). */
export const methodsOf: Readonly<Record<CodeMethod, readonly string[]>> = {
  totp: ['otp', 'mfa'],
  'recovery-code': ['recovery_code', 'mfa'],
};

/** Verifies and consumes the codes of second factors. Attempts are counted by the caller. */
@Injectable()
export class SecondFactorsService {
  constructor(
    private readonly factors: TotpFactorsRepository,
    private readonly methods: LoginMethodsService,
    private readonly totpLock: TotpLock,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly encryptor: Encryptor,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Verifies a code of an active factor, or a recovery code; undefined when it is invalid or a replay. */
  async verify(userId: string, method: CodeMethod, code: string): Promise<SecondFactorProof | undefined> {
    if (method === 'totp') return this.verifyTotp(await this.factors.findActive(userId), code);
    const codeHash = await this.recoveryCodes.find(userId, code);
    return codeHash && { method, codeHash };
  }

  /** Verifies a code of one of these factors, by the steps after the last accepted one. */
  verifyTotp(factors: readonly FactorSecret[], code: string): (SecondFactorProof & { method: 'totp' }) | undefined {
    for (const { id, encryptedSecret, lastStep } of factors) {
      const step = totpStep(this.encryptor.decrypt(encryptedSecret, id), code, this.config.totpWindow);
      if (step !== undefined && step > lastStep) return { method: 'totp', factorId: id, step };
    }
    return undefined;
  }

  /**
   * Consumes a verified code in the caller's transaction, which holds the lock of the user; false when another request
   * has consumed it. A recovery code changes the version of the user and unlocks the authenticator apps, and its owner is
   * notified.
   */
  async consume(userId: string, proof: SecondFactorProof): Promise<boolean> {
    if (proof.method === 'totp') return await this.factors.use(userId, proof);
    const left = await this.recoveryCodes.consume(userId, proof.codeHash);
    const user = await this.methods.lockUser(userId);
    if (left === undefined || user === undefined) return false;
    await this.methods.updateMfaEnabled(userId);
    await this.totpLock.unlock(userId);
    await this.audit.record('authn_recovery_code_used', {
      actorId: userId,
      subjectId: userId,
      reason: `${left} left`,
    });
    await this.mail.enqueue('recovery-code-used', user.email);
    if (left <= fewRecoveryCodes) await this.mail.enqueue('recovery-codes-low', user.email);
    return true;
  }
}
