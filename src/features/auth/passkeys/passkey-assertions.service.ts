import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { AuditService } from '../../audit/index.ts';
import type { ChallengeBinding } from './passkey-challenges.service.ts';
import { PasskeyChallengesService } from './passkey-challenges.service.ts';
import { PasskeysUnavailable } from './passkeys.errors.ts';
import type { PasskeyUse, StoredPasskey } from './passkeys.repository.ts';
import { PasskeysRepository } from './passkeys.repository.ts';
import type { AuthenticationCredential } from './webauthn.ts';
import { verifyAssertion } from './webauthn.ts';
import type { RequestOptions } from './webauthn-options.ts';
import { requestOptions } from './webauthn-options.ts';

/** A verified assertion, its user, and what it proves about them. */
export interface PasskeyProof extends PasskeyUse {
  readonly method: 'passkey';
  /** The email address of the user. */
  readonly email: string;
  /** RFC 8176: a key in hardware, or one that can be copied to other devices; a present user; two factors in one. */
  readonly amr: readonly string[];
}

/** Verifies and consumes the assertions of passkeys. Attempts are counted by the caller. */
@Injectable()
export class PasskeyAssertionsService {
  constructor(
    private readonly passkeys: PasskeysRepository,
    private readonly challenges: PasskeyChallengesService,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Issues a challenge, and returns the options to sign it with any passkey, or with a passkey of the user of the
   * binding.
   * @throws PasskeysUnavailable
   */
  async options(binding: ChallengeBinding): Promise<RequestOptions> {
    const { passkeys: relyingParty } = this.config;
    if (relyingParty === undefined) throw new PasskeysUnavailable();
    const known = binding.userId === undefined ? [] : await this.passkeys.listDescriptors(binding.userId);
    return requestOptions({ rpId: relyingParty.rpId, challenge: await this.challenges.issue(binding), known });
  }

  /**
   * Verifies an assertion whose challenge was issued for this binding, and consumes the challenge in any case. Records an
   * assertion that is invalid for a known passkey: a copied authenticator, or a user who was not verified.
   */
  async verify(credential: AuthenticationCredential, binding: ChallengeBinding): Promise<PasskeyProof | undefined> {
    const { passkeys: relyingParty } = this.config;
    const challenge = await this.challenges.consume(credential.response.clientDataJSON, binding);
    if (challenge === undefined || relyingParty === undefined) return undefined;
    const passkey = await this.passkeys.find(new Uint8Array(Buffer.from(credential.id, 'base64url')));
    if (passkey === undefined || !isOfUser(passkey, credential, binding)) return undefined;
    const verified = await verifyAssertion(credential, passkey, { challenge, relyingParty });
    if (verified === undefined) {
      const reason = `assertion of passkey ${passkey.id} not valid`;
      await this.audit.recordFailure('authn_passkey_fail', { subjectId: passkey.userId, reason });
      return undefined;
    }
    const { id: passkeyId, userId, email, counter, backupEligible } = passkey;
    return {
      ...{ method: 'passkey', passkeyId, userId, email, counter },
      newCounter: verified.newCounter,
      backedUp: verified.credentialBackedUp,
      amr: [backupEligible ? 'swk' : 'hwk', 'user', 'mfa'],
    };
  }

  /** Consumes a proof in the caller's transaction, which holds the lock of the user; false when that is too late. */
  async consume(proof: PasskeyProof): Promise<boolean> {
    return await this.passkeys.use(proof);
  }
}

/** The handle identifies the user where the challenge does not; authenticators may omit it elsewhere (§5.2.2). */
function isOfUser(
  passkey: StoredPasskey,
  { response: { userHandle } }: AuthenticationCredential,
  { userId }: ChallengeBinding,
): boolean {
  if (userId !== undefined && passkey.userId !== userId) return false;
  if (userHandle === undefined || userHandle === null) return userId !== undefined;
  return passkey.userHandle !== null && Buffer.from(userHandle, 'base64url').equals(passkey.userHandle);
}
