import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { isSameSecret, secretHash } from '../../../platform/crypto/secrets.ts';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { OAuthCodeDto } from './oauth-code.ts';
import type { HostedLogin, OAuthRequest, VerifiedLogin } from './oauth-flow.ts';
import { OAuthLoginsRepository } from './oauth-logins.repository.ts';
import { InvalidOAuthCode } from './oauth.errors.ts';

export const codeTtlSeconds = 60;

/** The single-use codes with which a client completes a login, each bound to its code verifier (RFC 7636). */
@Injectable()
export class OAuthCodes {
  constructor(
    private readonly logins: OAuthLoginsRepository,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
    private readonly encryptor: Encryptor,
  ) {}

  /** Stores a login, encrypted, for the code that is returned. */
  async issue(id: string, login: VerifiedLogin | HostedLogin): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    const encryptedLogin = this.encryptor.encrypt(JSON.stringify(login), id);
    await this.logins.storeCode({ id, codeHash: secretHash(code), encryptedLogin, ttlSeconds: codeTtlSeconds });
    return code;
  }

  /**
   * The verified login of a code. Call `consume` in the transaction that uses it.
   * @throws InvalidOAuthCode after the failure was recorded; TooManyAttempts instead of it when the limit is exceeded
   */
  async find(code: OAuthCodeDto, expected: Pick<OAuthRequest, 'purpose' | 'caller'>): Promise<VerifiedLogin> {
    const login = await this.findStored(code);
    if (login !== undefined && login.purpose !== 'hosted-login' && isFor(login, expected)) return login;
    return await this.rejectCode();
  }

  /** The same for a code that logs in, of a provider login or of the hosted pages. */
  async findLogin(code: OAuthCodeDto): Promise<VerifiedLogin | HostedLogin> {
    const login = await this.findStored(code);
    if (login?.purpose === 'hosted-login') return login;
    if (login !== undefined && isFor(login, { purpose: 'login' })) return login;
    return await this.rejectCode();
  }

  /** Consumes a code in the caller's transaction. @throws InvalidOAuthCode, which rolls back, when it was consumed */
  async consume({ code }: OAuthCodeDto): Promise<void> {
    if (!(await this.logins.consume(secretHash(code)))) throw new InvalidOAuthCode();
  }

  /** The login of a code whose challenge belongs to the verifier. */
  private async findStored({ code, codeVerifier }: OAuthCodeDto): Promise<VerifiedLogin | HostedLogin | undefined> {
    const stored = await this.logins.find(secretHash(code));
    if (stored === undefined) return undefined;
    const login = JSON.parse(this.encryptor.decrypt(stored.encryptedLogin, stored.id)) as VerifiedLogin | HostedLogin;
    return isSameSecret(challengeOf(codeVerifier), login.codeChallenge) ? login : undefined;
  }

  private async rejectCode(): Promise<never> {
    await this.throttle.count(this.throttle.buckets.oneTimeToken());
    await this.audit.recordFailure('authn_login_fail', { reason: 'code of a login not valid' });
    throw new InvalidOAuthCode();
  }
}

function isFor({ purpose, caller }: VerifiedLogin, expected: Pick<OAuthRequest, 'purpose' | 'caller'>): boolean {
  const isCaller = caller?.userId === expected.caller?.userId && caller?.sessionId === expected.caller?.sessionId;
  return purpose === expected.purpose && isCaller;
}

/** The S256 challenge of a verifier (RFC 7636 4.2). */
export function challengeOf(codeVerifier: string): string {
  return Buffer.from(secretHash(codeVerifier)).toString('base64url');
}
