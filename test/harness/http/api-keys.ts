import type { Api } from './api.ts';

/** An API key as POST /v1/auth/api-keys returns it. */
export interface TestApiKey {
  readonly id: string;
  readonly key: string;
  readonly prefix: string;
  readonly expiresAt: string;
}

/** Creates an API key of a user, with all permissions of the user as its scopes unless others are given. */
export async function createApiKey(user: Api, scopes?: readonly string[]): Promise<TestApiKey> {
  const { permissions } = (await user.get('/v1/users/me')).body as { permissions: readonly string[] };
  const reply = await user.post('/v1/auth/api-keys', { name: 'Test', scopes: scopes ?? permissions });
  if (reply.status !== 201) throw new Error(`No API key was created: ${reply.text}`);
  return reply.body as TestApiKey;
}

/** The header that a client sends with an API key. */
export function withKey({ key }: Pick<TestApiKey, 'key'>): Record<string, string> {
  return { 'X-API-Key': key };
}
