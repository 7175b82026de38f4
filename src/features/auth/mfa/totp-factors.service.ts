import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { ServiceConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { SessionEnded } from '../sessions/index.ts';
import type { FactorOwner } from './factor-changes.service.ts';
import { FactorChangesService } from './factor-changes.service.ts';
import { FactorNotFound, InvalidActivationCode, MfaNotEnabled, TooManyFactors } from './mfa.errors.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';
import { SecondFactorsService } from './second-factors.service.ts';
import { newTotpSecret, otpauthUri } from './totp.ts';
import type { TotpUse } from './totp-factors.repository.ts';
import { TotpFactorsRepository } from './totp-factors.repository.ts';

/** An enrolment that is not activated yet. */
export interface PendingFactor {
  readonly factorId: string;
  /** Base32. */
  readonly secret: string;
  readonly otpauthUri: string;
  readonly qrCodeSvg: string;
}

/** Enrols and deletes authenticator apps (RFC 6238, ASVS 6.5). */
@Injectable()
export class TotpFactorsService {
  constructor(
    private readonly factors: TotpFactorsRepository,
    private readonly secondFactors: SecondFactorsService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly methods: LoginMethodsService,
    private readonly changes: FactorChangesService,
    private readonly throttle: LoginThrottle,
    private readonly encryptor: Encryptor,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
  ) {}

  /**
   * Stores a new secret, which can be activated for ten minutes; logins do not require it until then.
   * @throws TooManyFactors; SessionEnded when the user was deleted during the request
   */
  async enrol(userId: string, name: string): Promise<PendingFactor> {
    const secret = newTotpSecret();
    const factorId = uuidv7();
    const email = await this.store({ userId, name, factorId, secret });
    const uri = otpauthUri(secret, email, this.service.appName);
    // Imported by its first use: enrolments are rare, and its renderers take 8 ms to load.
    const { toString: renderQrCode } = await import('qrcode');
    const options = { type: 'svg', errorCorrectionLevel: 'M', margin: 2 } as const;
    return { factorId, secret, otpauthUri: uri, qrCodeSvg: await renderQrCode(uri, options) };
  }

  /**
   * Activates an authenticator app by one of its codes, which is consumed. Logins require a second factor from now on, and
   * all other sessions of the user are revoked. Returns new recovery codes, which replace older ones.
   * @throws FactorNotFound; InvalidActivationCode after the failure was recorded; TooManyAttempts, AttemptsInProgress;
   *   SessionEnded
   */
  async activate(caller: FactorOwner, factorId: string, code: string): Promise<readonly string[]> {
    const pending = await this.factors.findPending(caller.userId, factorId);
    if (pending === undefined) throw new FactorNotFound();
    await using attempt = await this.throttle.reserve(this.throttle.buckets.mfa(caller.userId));
    const proof = this.secondFactors.verifyTotp([pending], code);
    if (proof !== undefined) {
      await attempt.succeed();
      return await this.storeActivation(caller, proof);
    }
    await attempt.count();
    await this.audit.recordFailure('authn_mfa_fail', { subjectId: caller.userId, reason: 'activation code not valid' });
    throw new InvalidActivationCode();
  }

  /**
   * Deletes an authenticator app. With the last active one, the recovery codes are deleted, and logins no longer require
   * a second factor.
   * @throws FactorNotFound; SecondFactorRequired when it is the last one, and a role of the user requires one; SessionEnded
   */
  @Transactional()
  async delete(owner: FactorOwner, id: string): Promise<void> {
    const { userId } = owner;
    const user = await this.methods.lockUser(userId);
    const deleted = await this.factors.delete(userId, id);
    if (user === undefined || deleted === undefined) throw new FactorNotFound();
    if (!deleted.wasActive) return;
    await this.changes.afterDeleting(owner);
    await this.audit.record('mfa_factor_deleted', { subjectId: userId, reason: `totp ${id}` });
    await this.mail.notify('mfa-factor-deleted', user.email);
  }

  /**
   * Replaces the recovery codes of the caller.
   * @throws MfaNotEnabled, SessionEnded
   */
  @Transactional()
  async replaceRecoveryCodes(owner: FactorOwner): Promise<readonly string[]> {
    const { userId } = owner;
    await this.methods.lockUser(userId);
    if (!(await this.methods.updateMfaEnabled(userId))) throw new MfaNotEnabled();
    await this.changes.assertSessionActive(owner);
    await this.audit.record('mfa_recovery_codes_replaced', { subjectId: userId });
    return await this.recoveryCodes.replace(userId);
  }

  @Transactional()
  private async store(enrolment: {
    readonly userId: string;
    readonly name: string;
    readonly factorId: string;
    readonly secret: string;
  }): Promise<string> {
    const { userId, name, factorId: id, secret } = enrolment;
    const user = await this.methods.lockUser(userId);
    if (user === undefined) throw new SessionEnded();
    const encryptedSecret = this.encryptor.encrypt(secret, id);
    if (!(await this.factors.insert({ id, userId, name, encryptedSecret }))) throw new TooManyFactors();
    await this.audit.record('mfa_enrolment_started', { subjectId: userId, reason: `totp ${id}` });
    return user.email;
  }

  @Transactional()
  private async storeActivation(owner: FactorOwner, use: TotpUse): Promise<readonly string[]> {
    const { userId } = owner;
    const user = await this.methods.lockUser(userId);
    // Of two concurrent activations the second one finds an active factor.
    if (user === undefined || !(await this.factors.activate(userId, use))) throw new FactorNotFound();
    const codes = await this.recoveryCodes.replace(userId);
    await this.audit.record('mfa_factor_activated', { subjectId: userId, reason: `totp ${use.factorId}` });
    await this.mail.notify('mfa-factor-added', user.email);
    await this.changes.afterAdding(owner);
    return codes;
  }
}
