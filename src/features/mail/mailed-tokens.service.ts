import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Sealer } from '../../database/sealer.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from './mailed-token.ts';
import { MailedTokensRepository } from './mailed-tokens.repository.ts';

export type { MailedTokenPurpose, MailedTokenSubject };

/** Single-use tokens that travel by mail: a hash for looking them up, a sealed copy until the mail is handed over. */
@Injectable()
export class MailedTokensService {
  constructor(
    private readonly tokens: MailedTokensRepository,
    private readonly sealer: Sealer,
  ) {}

  /** Makes a token in the caller's transaction and voids older ones of its purpose. Returns the row's id. */
  async issue(purpose: MailedTokenPurpose, subject: MailedTokenSubject, ttlSeconds: number): Promise<string> {
    const id = uuidv7();
    const token = randomBytes(32).toString('base64url');
    await this.tokens.voidOpen(subject.userId, purpose);
    await this.tokens.insert({
      id,
      purpose,
      ...subject,
      tokenHash: hash(token),
      sealedToken: this.sealer.seal(token, id),
      expiresAt: new Date(Date.now() + ttlSeconds * 1000),
    });
    return id;
  }

  /** Uses a token up; undefined when it is unknown, used, voided or expired, which nobody can tell apart. */
  async consume(purpose: MailedTokenPurpose, token: string): Promise<MailedTokenSubject | undefined> {
    return await this.tokens.consume(hash(token), purpose);
  }

  /** Whom a token speaks for that could be used up now; asked before work that only a good token is worth. */
  async find(purpose: MailedTokenPurpose, token: string): Promise<MailedTokenSubject | undefined> {
    return await this.tokens.find(hash(token), purpose);
  }

  /** Ends every open token of a user, in the caller's transaction. */
  async voidAllOf(userId: string): Promise<void> {
    await this.tokens.voidAllOf(userId);
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

function hash(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}
