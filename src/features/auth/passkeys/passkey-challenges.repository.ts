import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';

/** How long an authenticator may take. */
const ttlSeconds = 300;

/** What a challenge was issued for. */
export type ChallengePurpose = 'login' | 'registration' | 'second-factor' | 'step-up';

/** A challenge, bound to its purpose and to the user, where the user is known. */
export interface PasskeyChallenge {
  readonly challengeHash: Uint8Array;
  readonly purpose: ChallengePurpose;
  readonly userId: string | undefined;
}

/** Challenges that were not used yet, found by their hash. All times are the database's. */
@Injectable()
export class PasskeyChallengesRepository {
  constructor(private readonly db: Transactions) {}

  async insert({ challengeHash, purpose, userId }: PasskeyChallenge): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO passkey_challenges (challenge_hash, purpose, user_id, expires_at)
      VALUES (${challengeHash}, ${purpose}, ${userId ?? null}::uuid, now() + make_interval(secs => ${ttlSeconds}))`;
  }

  /** Consumes a challenge; of two concurrent calls one returns false. */
  async consume({ challengeHash, purpose, userId }: PasskeyChallenge): Promise<boolean> {
    const consumed = await this.db.tx.$executeRaw`
      DELETE FROM passkey_challenges
      WHERE challenge_hash = ${challengeHash} AND purpose = ${purpose} AND expires_at > now()
        AND user_id IS NOT DISTINCT FROM ${userId ?? null}::uuid`;
    return consumed === 1;
  }
}
