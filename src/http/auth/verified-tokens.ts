import { hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { NewestEntries } from '../newest-entries.ts';
import { VerificationKeys } from './verification-keys.ts';

/** What a token of ours says of its holder. */
export interface Claims {
  readonly sub: string;
  readonly sid: string;
  /** Seconds since 1970. */
  readonly exp: number;
}

interface Known {
  readonly claims: Claims;
  readonly kid: string;
  readonly key: KeyObject;
}

/** Of more tokens than this the first are forgotten, and verified again. */
const tokensMax = 10_000;

/**
 * The tokens whose signature, issuer and audience were good, by their SHA-256, so that each is verified once. They are
 * forgotten when they expire, and when their key is known no more. Whether the session is alive is another question.
 */
@Injectable()
export class VerifiedTokens {
  private readonly known = new NewestEntries<string, Known>(tokensMax);

  constructor(private readonly keys: VerificationKeys) {}

  /** What the token says, if it was verified before and is good for `toleranceSeconds` after its end. */
  find(token: string, toleranceSeconds: number): Claims | undefined {
    const digest = digestOf(token);
    const found = this.known.get(digest);
    if (found === undefined) return undefined;
    const isGood = Date.now() / 1000 < found.claims.exp + toleranceSeconds && this.keys.known(found.kid) === found.key;
    if (isGood) return found.claims;
    this.known.delete(digest);
    return undefined;
  }

  /** Remembers a token that was verified with the key of this kid. */
  remember(token: string, claims: Claims, kid: string): void {
    const key = this.keys.known(kid);
    if (key === undefined) return;
    this.known.set(digestOf(token), { claims, kid, key });
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
