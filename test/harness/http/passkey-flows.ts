import type { TestApp } from '../app/app.ts';
import type { FactoryUser } from '../database/factory.ts';
import type { ApiResponse, Tokens } from './api.ts';
import { bearerOf } from './mfa-flows.ts';
import type { AssertionRequest, Circumstances, CreationRequest } from './software-authenticator.ts';
import { SoftwareAuthenticator } from './software-authenticator.ts';

/** A user with a passkey. */
export interface PasskeyUser extends FactoryUser {
  readonly authenticator: SoftwareAuthenticator;
  readonly passkeyId: string;
  readonly recoveryCodes: readonly string[];
  /** Of the session that registered the passkey. */
  readonly tokens: Tokens;
}

/** The flows of passkeys. */
export class PasskeyFlows {
  constructor(private readonly running: Pick<TestApp, 'api' | 'factory'>) {}

  /** The options of a new passkey. */
  async creationOptions(tokens: Tokens): Promise<CreationRequest> {
    const { body } = await this.running.api.post('/v1/auth/passkeys/options', undefined, bearerOf(tokens));
    return body as CreationRequest;
  }

  /** Registers a passkey of an authenticator. */
  async register(
    tokens: Tokens,
    authenticator = new SoftwareAuthenticator(),
    circumstances: Circumstances = {},
  ): Promise<ApiResponse> {
    const credential = authenticator.create(await this.creationOptions(tokens), circumstances);
    return await this.running.api.post('/v1/auth/passkeys', { name: 'Laptop', credential }, bearerOf(tokens));
  }

  /** Creates a user with one passkey. */
  async user(authenticator = new SoftwareAuthenticator()): Promise<PasskeyUser> {
    const user = await this.running.factory.user();
    const tokens = await this.running.api.logIn(user);
    const { body, text } = await this.register(tokens, authenticator);
    const { id, recoveryCodes } = body as { id?: string; recoveryCodes: string[] };
    if (id === undefined) throw new Error(`The registration of ${user.email} failed: ${text}`);
    return { ...user, authenticator, passkeyId: id, recoveryCodes, tokens };
  }

  async loginOptions(): Promise<AssertionRequest> {
    return (await this.running.api.post('/v1/auth/passkeys/login/options')).body as AssertionRequest;
  }

  /** Logs in without an email address. */
  async logIn(
    { authenticator }: Pick<PasskeyUser, 'authenticator'>,
    circumstances: Circumstances = {},
  ): Promise<ApiResponse> {
    return await this.present(authenticator.get(await this.loginOptions(), circumstances));
  }

  /** Presents an assertion as a login. */
  async present(credential: object): Promise<ApiResponse> {
    return await this.running.api.post('/v1/auth/passkeys/login', { credential });
  }
}
