import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { withCanonicalSignature } from '../../../platform/crypto/canonical-signature.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** The session that an access token is issued for. */
export interface AccessTokenSubject {
  readonly userId: string;
  readonly sessionId: string;
  /** When the user authenticated last. */
  readonly authTime: Date;
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
}

/** Issues access tokens in the JWT profile of RFC 9068. */
@Injectable()
export class AccessTokenIssuer {
  constructor(
    private readonly keys: SigningKeysService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Lifetime of a token in seconds. */
  get ttlSeconds(): number {
    return this.config.accessTokenTtlSeconds;
  }

  /** Loads the key that `issue` signs with, and throws if it is not available. */
  async prepare(): Promise<void> {
    await this.keys.active();
  }

  async issue(subject: AccessTokenSubject): Promise<string> {
    const { kid, privateKey } = await this.keys.active();
    const now = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({
      sid: subject.sessionId,
      auth_time: Math.floor(subject.authTime.getTime() / 1000),
      amr: [...subject.amr],
      acr: subject.amr.includes('mfa') ? 'aal2' : 'aal1',
      // Every session has the full scope of its user; permissions are checked at each request.
      scope: 'api',
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setIssuer(this.config.issuer)
      .setAudience(this.config.audience)
      .setSubject(subject.userId)
      .setJti(uuidv7())
      .setIssuedAt(now)
      .setExpirationTime(now + this.config.accessTokenTtlSeconds)
      .sign(privateKey);
    return withCanonicalSignature(token);
  }
}
