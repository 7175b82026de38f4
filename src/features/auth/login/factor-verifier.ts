import { Injectable } from '@nestjs/common';
import type { CodeMethod, SecondFactorProof } from '../mfa/index.ts';
import { methodsOf, SecondFactorsService, TotpLock } from '../mfa/index.ts';
import type { AuthenticationCredential, PasskeyProof } from '../passkeys/index.ts';
import { PasskeyAssertionsService } from '../passkeys/index.ts';

/** A code, or the assertion of a passkey. */
export type PresentedFactor =
  | { readonly method: CodeMethod; readonly code: string }
  | { readonly method: 'passkey'; readonly credential: AuthenticationCredential };

/** A factor that was verified and is not consumed yet. */
export type FactorProof = SecondFactorProof | PasskeyProof;

/** The user, and what the challenge of an assertion must have been issued for. */
interface FactorBinding {
  readonly purpose: 'second-factor' | 'step-up';
  readonly userId: string;
}

/** Rolls a transaction back: what it was to consume was consumed by another one, or the account has changed. */
export class ProofConsumed extends Error {}

/** Verifies and consumes second factors of every kind. Attempts are counted by the caller. */
@Injectable()
export class FactorVerifier {
  constructor(
    private readonly codes: SecondFactorsService,
    private readonly totpLock: TotpLock,
    private readonly assertions: PasskeyAssertionsService,
  ) {}

  async verify(factor: PresentedFactor, binding: FactorBinding): Promise<FactorProof | undefined> {
    return factor.method === 'passkey'
      ? await this.assertions.verify(factor.credential, binding)
      : await this.codes.verify(binding.userId, factor.method, factor.code);
  }

  /**
   * Consumes a proof in the caller's transaction, which holds the lock of the user; false when that is too late. A passkey
   * unlocks the authenticator apps.
   */
  async consume(userId: string, proof: FactorProof): Promise<boolean> {
    if (proof.method !== 'passkey') return await this.codes.consume(userId, proof);
    if (!(await this.assertions.consume(proof))) return false;
    await this.totpLock.unlock(userId);
    return true;
  }
}

/** The methods that a proof adds to a session (RFC 8176). */
export function amrOf(proof: FactorProof): readonly string[] {
  return proof.method === 'passkey' ? proof.amr : methodsOf[proof.method];
}

/** The result of a transaction, undefined when it threw ProofConsumed. */
export async function undefinedIfConsumed<T>(transaction: Promise<T>): Promise<T | undefined> {
  try {
    return await transaction;
  } catch (error) {
    if (error instanceof ProofConsumed) return undefined;
    throw error;
  }
}
