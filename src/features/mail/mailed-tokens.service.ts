import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Sealer } from '../../database/sealer.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from './mailed-token.ts';
import { MailedTokensRepository } from './mailed-tokens.repository.ts';

export type { MailedTokenPurpose, MailedTokenSubject };

type Purposes = MailedTokenPurpose | readonly MailedTokenPurpose[];

/**
 * Outlive the newer ones of their purpose, and every change of password or address: whoever has taken an account over
 * can do all of those, and must not thereby end the way back.
 */
const lasting: readonly MailedTokenPurpose[] = ['email-revert'];

/** Are handed over as they are made: no mail is written that would need them. */
const handedOver: readonly MailedTokenPurpose[] = ['setup'];

/** A new token, and the id of its row. */
export interface IssuedToken {
  readonly id: string;
  readonly token: string;
}

/** Single-use tokens that travel by mail: a hash for looking them up, a sealed copy until the mail is handed over. */
@Injectable()
export class MailedTokensService {
  constructor(
    private readonly tokens: MailedTokensRepository,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Makes a token in the caller's transaction and voids older ones of its purpose. For a user who does not exist it
   * does the same and stores nothing.
   */
  async issue(
    purpose: MailedTokenPurpose,
    subject: MailedTokenSubject,
    ttlSeconds: number,
    binding?: string,
  ): Promise<IssuedToken> {
    const id = uuidv7();
    const token = randomBytes(32).toString('base64url');
    await this.tokens.lockUser(subject.userId);
    if (!lasting.includes(purpose)) await this.tokens.voidOpen(subject.userId, purpose);
    await this.tokens.insert({
      id,
      purpose,
      ...subject,
      tokenHash: hash(token, binding),
      sealedToken: handedOver.includes(purpose) ? null : this.sealer.seal(token, id),
      ttlSeconds,
    });
    return { id, token };
  }

  /** Uses a token up; undefined when it is unknown, used, voided or expired, which nobody can tell apart. */
  async consume(purposes: Purposes, token: string, binding?: string): Promise<MailedTokenSubject | undefined> {
    return await this.tokens.consume(hash(token, binding), [purposes].flat());
  }

  /** Whom a token speaks for that could be used up now; asked before work that only a good token is worth. */
  async find(purposes: Purposes, token: string, binding?: string): Promise<MailedTokenSubject | undefined> {
    return await this.tokens.find(hash(token, binding), [purposes].flat());
  }

  /** Whom a token was made for, whatever became of it; one that is bound only together with what it is bound to. */
  async ownerOf(token: string, binding?: string): Promise<string | undefined> {
    return await this.tokens.ownerOf(hash(token, binding));
  }

  /** Ends every open token of a user, in the caller's transaction, but those that undo a change of address, and `spared`. */
  async voidAllOf(userId: string, spared: readonly MailedTokenPurpose[] = []): Promise<void> {
    await this.tokens.voidAllOf(userId, [...lasting, ...spared]);
  }

  /** Ends the tokens of the same user and purpose that were made together with this one or after it. */
  async voidLater(token: string): Promise<void> {
    await this.tokens.voidLater(hash(token));
  }

  /** The token itself, for writing the mail out; undefined when it was sealed with another APP_SECRET. */
  open(id: string, sealedToken: Uint8Array): string | undefined {
    try {
      return this.sealer.open(sealedToken, id);
    } catch {
      return undefined;
    }
  }
}

/** A bound token is looked up together with what it is bound to, so that a wrong binding is an unknown token. */
function hash(token: string, binding?: string): Uint8Array<ArrayBuffer> {
  const text = binding === undefined ? token : `${binding}.${token}`;
  return new Uint8Array(createHash('sha256').update(text).digest());
}
