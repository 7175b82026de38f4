import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { singleUse } from './single-use.ts';
import { auditedSuccesses, createApiKey, createUser, logIn, post } from './users.ts';

/** Rotates an API key fifty times at once: one request replaces it. */
export async function apiKeyRotations(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const { pool } = pair.cluster;
  const user = await createUser(pool);
  const { accessToken } = await logIn(pair.urls[0], user);
  return await singleUse(pair, {
    name: 'rotation of an API key',
    rounds,
    accepted: 201,
    rejected: [409],
    prepare: async () => {
      const { id } = await createApiKey(pair.urls[0], accessToken);
      return async (url) => await post(`${url}/v1/auth/api-keys/${id}/rotate`, {}, accessToken);
    },
    effects: async () => await auditedSuccesses(pool, { users: [user], events: ['api_key_rotated'] }),
  });
}
