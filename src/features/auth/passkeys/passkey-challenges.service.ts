import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import type { ChallengePurpose } from './passkey-challenges.repository.ts';
import { PasskeyChallengesRepository } from './passkey-challenges.repository.ts';
import { challengeOf } from './webauthn.ts';

const challengeBytes = 32;

/** The purpose of a challenge, and the user, where the user is known. */
export interface ChallengeBinding {
  readonly purpose: ChallengePurpose;
  readonly userId?: string;
}

/** Challenges that authenticators sign: random, valid for five minutes, accepted once (WebAuthn §13.4.3). */
@Injectable()
export class PasskeyChallengesService {
  constructor(private readonly challenges: PasskeyChallengesRepository) {}

  /** Stores the hash of a new challenge. */
  async issue({ purpose, userId }: ChallengeBinding): Promise<Uint8Array<ArrayBuffer>> {
    const challenge = new Uint8Array(randomBytes(challengeBytes));
    await this.challenges.insert({ challengeHash: secretHash(challenge), purpose, userId });
    return challenge;
  }

  /**
   * Consumes the challenge that an authenticator signed, whether the rest of its response is valid or not. Returns it in
   * base64url; undefined when it was not issued for this purpose and user, was consumed before or has expired.
   */
  async consume(clientDataJSON: string, { purpose, userId }: ChallengeBinding): Promise<string | undefined> {
    const challenge = challengeOf(clientDataJSON);
    if (challenge === undefined) return undefined;
    const challengeHash = secretHash(Buffer.from(challenge, 'base64url'));
    return (await this.challenges.consume({ challengeHash, purpose, userId })) ? challenge : undefined;
  }
}
