import type { Pool } from 'pg';
import type { AssertionRequest, CreationRequest } from '../../harness/http/software-authenticator.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import type { TestUser } from './users.ts';
import { createUser, expectStatus, logIn, post } from './users.ts';

/** The page that uses passkeys, by the PUBLIC_URL of scenarios. */
export const page = { origin: 'http://localhost' };

/** A user with a passkey, in a session that began with it. */
export interface PasskeyUser extends TestUser {
  readonly authenticator: SoftwareAuthenticator;
  readonly accessToken: string;
}

/** Creates a user, registers a passkey and logs in with it. */
export async function createPasskeyUser(url: string, pool: Pool): Promise<PasskeyUser> {
  const user = await createUser(pool);
  const authenticator = new SoftwareAuthenticator();
  const { accessToken } = await logIn(url, user);
  const credential = authenticator.create(await creationOptions(url, accessToken), page);
  expectStatus(await post(`${url}/v1/auth/passkeys`, { name: 'Scenario', credential }, accessToken), 201);
  const assertion = authenticator.get(await passkeyOptions(url, 'passkeys/login'), page);
  const { body } = expectStatus(await post(`${url}/v1/auth/passkeys/login`, { credential: assertion }), 200);
  return { ...user, authenticator, accessToken: String(body['accessToken']) };
}

/** Requests the options of a new passkey. */
export async function creationOptions(url: string, accessToken: string): Promise<CreationRequest> {
  return await optionsFrom<CreationRequest>(`${url}/v1/auth/passkeys/options`, {}, accessToken);
}

/** Requests the options of an assertion. */
export async function passkeyOptions(
  url: string,
  path: string,
  { body = {}, accessToken }: { body?: object; accessToken?: string } = {},
): Promise<AssertionRequest> {
  return await optionsFrom<AssertionRequest>(`${url}/v1/auth/${path}/options`, body, accessToken);
}

async function optionsFrom<Options>(url: string, body: object, accessToken?: string): Promise<Options> {
  return expectStatus(await post(url, body, accessToken), 201).body as Options;
}
