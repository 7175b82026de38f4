import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import type { FoundOneTimeToken, OneTimeTokenPurpose, OneTimeTokenSubject } from './one-time-tokens.repository.ts';
import { OneTimeTokensRepository } from './one-time-tokens.repository.ts';

export type { FoundOneTimeToken, OneTimeTokenPurpose, OneTimeTokenSubject };

type Purposes = OneTimeTokenPurpose | readonly OneTimeTokenPurpose[];

/** Not revoked by newer tokens of their purpose: an attacker could revoke a link by requesting another. */
const coexisting: readonly OneTimeTokenPurpose[] = ['email-revert', 'reset-password'];

/**
 * Not revoked by changes of password or email address: an attacker who has taken an account over can do both, and must
 * not revoke the account owner's way to recover it.
 */
const surviving: readonly OneTimeTokenPurpose[] = ['email-revert'];

/** Returned to the caller and not sent by email, so that no encrypted copy is stored. */
const returnedToCaller: readonly OneTimeTokenPurpose[] = ['setup'];

/** The member of a request that contains a token. */
export const tokenMember = {
  min: 1,
  max: 128,
  description: 'The `token` of the emailed link.',
  example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
} as const;

/** A new token, and the id of its row. */
export interface IssuedToken {
  readonly id: string;
  readonly token: string;
}

/** One-time tokens that are sent by email: stored as a hash, and as an encrypted copy until the email is sent. */
@Injectable()
export class OneTimeTokensService {
  constructor(
    private readonly tokens: OneTimeTokensRepository,
    private readonly encryptor: Encryptor,
  ) {}

  /**
   * Issues a token in the caller's transaction and revokes older ones of its purpose, unless they may coexist. For a
   * user who does not exist it executes the same statements and stores nothing.
   * @param binding a secret that has to be presented together with the token
   */
  async issue(
    purpose: OneTimeTokenPurpose,
    subject: OneTimeTokenSubject,
    ttlSeconds: number,
    binding?: string,
  ): Promise<IssuedToken> {
    const id = uuidv7();
    const token = randomBytes(32).toString('base64url');
    await this.tokens.lockUser(subject.userId);
    if (!coexisting.includes(purpose)) await this.tokens.revokeOpen(subject.userId, purpose);
    await this.tokens.insert({
      id,
      purpose,
      ...subject,
      tokenHash: hash(token, binding),
      encryptedToken: returnedToCaller.includes(purpose) ? null : this.encryptor.encrypt(token, id),
      ttlSeconds,
    });
    return { id, token };
  }

  /** Consumes a token; undefined when it is unknown, used, revoked or expired. */
  async consume(purposes: Purposes, token: string, binding?: string): Promise<OneTimeTokenSubject | undefined> {
    return await this.tokens.consume(hash(token, binding), [purposes].flat());
  }

  /** The subject of a token that can be consumed now; checked before expensive work for that token. */
  async find(purposes: Purposes, token: string, binding?: string): Promise<FoundOneTimeToken | undefined> {
    return await this.tokens.find(hash(token, binding), [purposes].flat());
  }

  /** The user that a token was issued to, also when it is used, revoked or expired. */
  async ownerOf(token: string, binding?: string): Promise<string | undefined> {
    return await this.tokens.ownerOf(hash(token, binding));
  }

  /** Revokes every open token of a user, except `email-revert` and `except`; joins the caller's transaction. */
  async revokeAll(userId: string, except: readonly OneTimeTokenPurpose[] = []): Promise<void> {
    await this.tokens.revokeAll(userId, [...surviving, ...except]);
  }

  /** Revokes the tokens of the same user and purpose that were issued together with this one or after it. */
  async revokeLater(token: string): Promise<void> {
    await this.tokens.revokeLater(hash(token));
  }

  /** Decrypts a token for rendering its email; undefined when it was encrypted with another APP_SECRET. */
  decryptToken(id: string, encryptedToken: Uint8Array): string | undefined {
    try {
      return this.encryptor.decrypt(encryptedToken, id);
    } catch {
      return undefined;
    }
  }
}

/** The binding is part of the hash, so that a token with a wrong binding is unknown. */
function hash(token: string, binding?: string): Uint8Array<ArrayBuffer> {
  return secretHash(binding === undefined ? token : `${binding}.${token}`);
}
