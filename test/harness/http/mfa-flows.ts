import { Secret, TOTP } from 'otpauth';
import type { TestApp } from '../app/app.ts';
import type { FactoryUser } from '../database/factory.ts';
import type { ApiResponse, Tokens } from './api.ts';

/** An Android app: the hash of its certificate. */
export const androidOrigin = 'android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS0-0iNSVI5y7jlPC8';

/** The configuration of the tests of second factors: the default limit of invalid codes. */
export const mfaEnvironment = {
  AUTH_MAGIC_LINK_ENABLED: 'true',
  AUTH_RATE_LIMIT_MFA: '10/900',
  AUTH_PASSKEY_ORIGINS: `http://localhost:3000, ${androidOrigin}`,
};

/** A user with an active authenticator app. */
export interface MfaUser extends FactoryUser {
  readonly factorId: string;
  /** Base32. */
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
  /** Of the session that activated the app. */
  readonly tokens: Tokens;
}

/**
 * The code of an authenticator app, now or some steps later. Within the accepted window, the current code stays valid for
 * at least 30 seconds.
 */
export function codeOf({ secret }: { readonly secret: string }, steps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
}

/** A code that is not valid at any time near. */
export function wrongCodeOf(app: { readonly secret: string }): string {
  const valid = [-2, -1, 0, 1, 2].map((steps) => codeOf(app, steps));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !valid.includes(code)) ?? '';
}

export const bearerOf = ({ accessToken }: Pick<Tokens, 'accessToken'>): Record<string, string> => ({
  Authorization: `Bearer ${accessToken}`,
});

/** The flows of second factors. */
export class MfaFlows {
  constructor(private readonly running: Pick<TestApp, 'api' | 'factory' | 'database'>) {}

  async enrol(tokens: Tokens): Promise<{ factorId: string; secret: string }> {
    const { body } = await this.running.api.post('/v1/auth/mfa/totp', {}, bearerOf(tokens));
    return body as { factorId: string; secret: string };
  }

  async activate(tokens: Tokens, factorId: string, code: string): Promise<ApiResponse> {
    return await this.running.api.post(`/v1/auth/mfa/totp/${factorId}/activate`, { code }, bearerOf(tokens));
  }

  /** Creates a user with an active authenticator app, whose current code can be used again. */
  async user(traits: { readonly roles?: readonly string[] } = {}): Promise<MfaUser> {
    const user = await this.running.factory.user(traits);
    const tokens = await this.running.api.logIn(user);
    const app = await this.enrol(tokens);
    const { body } = await this.activate(tokens, app.factorId, codeOf(app));
    await this.allowReplay(user);
    return { ...user, ...app, tokens, ...(body as { recoveryCodes: string[] }) };
  }

  /** Accepts codes that were used before. */
  async allowReplay({ id }: FactoryUser): Promise<void> {
    await this.running.database.pool.query('UPDATE totp_factors SET last_step = 0 WHERE user_id = $1', [id]);
  }

  /** The first step of a login. */
  async challenge({ email, password }: FactoryUser): Promise<string> {
    const { body } = await this.running.api.post('/v1/auth/login', { email, password });
    return (body as { mfaToken: string }).mfaToken;
  }

  async verify(mfaToken: string, code: string, method = 'totp'): Promise<ApiResponse> {
    return await this.running.api.post('/v1/auth/mfa/verify', { mfaToken, method, code });
  }

  /** Logs in with both factors. */
  async logIn(user: MfaUser): Promise<Tokens> {
    await this.allowReplay(user);
    const response = await this.verify(await this.challenge(user), codeOf(user));
    if (response.status !== 200) throw new Error(`The login of ${user.email} failed: ${response.text}`);
    return response.body as Tokens;
  }
}
