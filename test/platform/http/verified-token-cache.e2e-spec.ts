import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AccessInvalidationBus } from '../../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import { VerificationKeys } from '../../../src/platform/http/auth/verification-keys.ts';
import type { VerificationKeysRepository } from '../../../src/platform/http/auth/verification-keys.repository.ts';
import { VerifiedTokenCache } from '../../../src/platform/http/auth/verified-token-cache.ts';

const now = Date.now() / 1000;
const authentication = { time: now, methods: ['pwd'], level: 'aal1' } as const;
const claims = { sub: 'a user', sid: 'a session', exp: now + 60, authentication };

async function cacheWith(kids: string[]): Promise<VerifiedTokenCache> {
  const publicJwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const repository = {
    findAll: async () => await Promise.resolve(kids.map((kid) => ({ kid, publicJwk }))),
  } as unknown as VerificationKeysRepository;
  const changes = { isUpToDate: () => true, subscribe: () => undefined } as unknown as AccessInvalidationBus;
  const keys = new VerificationKeys(repository, changes);
  await keys.find('good');
  return new VerifiedTokenCache(keys);
}

describe('VerifiedTokenCache', () => {
  it('finds a stored token and no other', async () => {
    const tokens = await cacheWith(['good']);

    tokens.store('token', claims, 'good');

    expect(tokens.find('token', 5)).toEqual(claims);
    expect(tokens.find('token ', 5)).toBeUndefined();
  });

  it('evicts an expired token after the tolerance', async () => {
    const tokens = await cacheWith(['good']);

    tokens.store('late', { ...claims, exp: now - 3 }, 'good');
    tokens.store('expired', { ...claims, exp: now - 6 }, 'good');

    expect(tokens.find('late', 5)).toBeDefined();
    expect(tokens.find('expired', 5)).toBeUndefined();
  });

  it('does not store a token of an unknown key', async () => {
    const tokens = await cacheWith(['good']);

    tokens.store('token', claims, 'withdrawn');

    expect(tokens.find('token', 5)).toBeUndefined();
  });

  it('stores ten thousand tokens and evicts the oldest', async () => {
    const tokens = await cacheWith(['good']);

    for (let at = 0; at <= 10_000; at += 1) tokens.store(`token ${at}`, claims, 'good');

    expect(tokens.find('token 0', 5)).toBeUndefined();
    expect(tokens.find('token 1', 5)).toBeDefined();
    expect(tokens.find('token 10000', 5)).toBeDefined();
  });
});
