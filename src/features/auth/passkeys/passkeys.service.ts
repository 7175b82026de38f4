import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig, ServiceConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import type { FactorOwner } from '../mfa/index.ts';
import { FactorChangesService, RecoveryCodesService } from '../mfa/index.ts';
import { SessionEnded } from '../sessions/index.ts';
import { PasskeyChallengesService } from './passkey-challenges.service.ts';
import { InvalidPasskey, PasskeyNotFound, PasskeysUnavailable, TooManyPasskeys } from './passkeys.errors.ts';
import type { ListedPasskey, NewPasskey } from './passkeys.repository.ts';
import { PasskeysRepository } from './passkeys.repository.ts';
import type { RegistrationCredential } from './webauthn.ts';
import { verifyRegistration } from './webauthn.ts';
import type { CreationOptions } from './webauthn-options.ts';
import { creationOptions } from './webauthn-options.ts';

export type { ListedPasskey };

/** How many passkeys a user may have. */
const passkeysMax = 20;

/** WebAuthn §14.6.1 recommends 64. */
const userHandleBytes = 64;

/** A passkey to register. */
interface PasskeyRegistration {
  readonly name: string;
  readonly credential: RegistrationCredential;
}

/** A new passkey, with recovery codes if it is the first second factor of its owner. */
export interface RegisteredPasskey extends ListedPasskey {
  readonly recoveryCodes: readonly string[] | undefined;
}

/** Registers, lists, renames and deletes the passkeys of a user (WebAuthn level 3). */
@Injectable()
export class PasskeysService {
  constructor(
    private readonly passkeys: PasskeysRepository,
    private readonly challenges: PasskeyChallengesService,
    private readonly methods: LoginMethodsService,
    private readonly changes: FactorChangesService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
  ) {}

  async list(userId: string): Promise<readonly ListedPasskey[]> {
    return await this.passkeys.list(userId);
  }

  /** @throws PasskeyNotFound */
  async get(userId: string, id: string): Promise<ListedPasskey> {
    const passkey = await this.passkeys.get(userId, id);
    if (passkey === undefined) throw new PasskeyNotFound();
    return passkey;
  }

  /**
   * Issues a challenge, and returns the options to create a passkey that authenticators find without an email address.
   * @throws PasskeysUnavailable; SessionEnded when the user was deleted during the request
   */
  async registrationOptions(userId: string): Promise<CreationOptions> {
    const { passkeys: relyingParty } = this.config;
    if (relyingParty === undefined) throw new PasskeysUnavailable();
    const user = await this.passkeys.prepareUser(userId, new Uint8Array(randomBytes(userHandleBytes)));
    if (user === undefined) throw new SessionEnded();
    const known = await this.passkeys.listDescriptors(userId);
    return creationOptions(user, {
      rpId: relyingParty.rpId,
      rpName: this.service.appName,
      challenge: await this.challenges.issue({ purpose: 'registration', userId }),
      known,
    });
  }

  /**
   * Stores a passkey. Logins require a second factor from now on, and all other sessions of the user are revoked. The
   * first factor of a user returns recovery codes.
   * @throws InvalidPasskey after the failure was recorded; TooManyPasskeys; SessionEnded
   */
  async register(owner: FactorOwner, { name, credential }: PasskeyRegistration): Promise<RegisteredPasskey> {
    const { userId } = owner;
    const { passkeys: relyingParty } = this.config;
    const challenge = await this.challenges.consume(credential.response.clientDataJSON, {
      purpose: 'registration',
      userId,
    });
    const isOpen = challenge !== undefined && relyingParty !== undefined;
    const verified = isOpen ? await verifyRegistration(credential, { challenge, relyingParty }) : undefined;
    if (verified === undefined) {
      const reason = challenge === undefined ? 'passkey challenge not valid' : 'passkey not valid';
      await this.audit.recordFailure('authn_mfa_fail', { subjectId: userId, reason });
      throw new InvalidPasskey();
    }
    return await this.store(owner, {
      ...{ id: uuidv7(), userId, name },
      credentialId: new Uint8Array(Buffer.from(verified.credential.id, 'base64url')),
      transports: credential.response.transports ?? [],
      publicKey: verified.credential.publicKey,
      counter: verified.credential.counter,
      backupEligible: verified.credentialDeviceType === 'multiDevice',
      backedUp: verified.credentialBackedUp,
    });
  }

  /** @throws PasskeyNotFound */
  @Transactional()
  async rename(userId: string, id: string, name: string): Promise<ListedPasskey> {
    const renamed = await this.passkeys.rename(userId, id, name);
    if (renamed === undefined) throw new PasskeyNotFound();
    await this.audit.record('mfa_factor_renamed', { subjectId: userId, reason: `passkey ${id}` });
    return renamed;
  }

  /**
   * Deletes a passkey. With the last second factor, the recovery codes are deleted, and logins no longer require one.
   * @throws PasskeyNotFound, LastLoginMethod, SecondFactorRequired, SessionEnded
   */
  @Transactional()
  async delete(owner: FactorOwner, id: string): Promise<void> {
    const { userId } = owner;
    const user = await this.methods.lockUser(userId);
    if (user === undefined || !(await this.passkeys.delete(userId, id))) throw new PasskeyNotFound();
    await this.methods.assertOneRemains(userId);
    await this.changes.afterDeleting(owner);
    await this.audit.record('mfa_factor_deleted', { subjectId: userId, reason: `passkey ${id}` });
    await this.mail.notify('passkey-deleted', user.email);
  }

  @Transactional()
  private async store(owner: FactorOwner, passkey: NewPasskey): Promise<RegisteredPasskey> {
    const { userId, id } = passkey;
    const user = await this.methods.lockUser(userId);
    if (user === undefined) throw new SessionEnded();
    if ((await this.passkeys.count(userId)) >= passkeysMax) throw new TooManyPasskeys();
    const stored = await this.passkeys.insert(passkey);
    if (stored === undefined) {
      const reason = 'passkey registered already';
      await this.audit.recordFailureAfterTransaction('authn_mfa_fail', { subjectId: userId, reason });
      throw new InvalidPasskey();
    }
    const recoveryCodes = user.mfaEnabled ? undefined : await this.recoveryCodes.replace(userId);
    await this.audit.record('mfa_factor_activated', { subjectId: userId, reason: `passkey ${id}` });
    await this.mail.notify('passkey-added', user.email);
    await this.changes.afterAdding(owner);
    return { ...stored, recoveryCodes };
  }
}
