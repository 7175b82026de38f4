import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AccessChanges } from '../src/database/access-changes.ts';
import { VerificationKeys } from '../src/http/auth/verification-keys.ts';
import type { VerificationKeysRepository } from '../src/http/auth/verification-keys.repository.ts';
import { VerifiedTokens } from '../src/http/auth/verified-tokens.ts';

const now = Date.now() / 1000;
const claims = { sub: 'somebody', sid: 'a session', exp: now + 60 };

async function remembered(kids: string[]): Promise<VerifiedTokens> {
  const publicJwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const repository = {
    findAll: async () => await Promise.resolve(kids.map((kid) => ({ kid, publicJwk }))),
  } as unknown as VerificationKeysRepository;
  const changes = { areCurrent: () => true, subscribe: () => undefined } as unknown as AccessChanges;
  const keys = new VerificationKeys(repository, changes);
  await keys.find('good');
  return new VerifiedTokens(keys);
}

describe('verified tokens', () => {
  it('knows what it was told to remember, and nothing else', async () => {
    const tokens = await remembered(['good']);

    tokens.remember('token', claims, 'good');

    expect(tokens.find('token', 5)).toEqual(claims);
    expect(tokens.find('token ', 5)).toBeUndefined();
  });

  it('forgets a token that has expired, but for the tolerance', async () => {
    const tokens = await remembered(['good']);

    tokens.remember('late', { ...claims, exp: now - 3 }, 'good');
    tokens.remember('expired', { ...claims, exp: now - 6 }, 'good');

    expect(tokens.find('late', 5)).toBeDefined();
    expect(tokens.find('expired', 5)).toBeUndefined();
  });

  it('remembers nothing of a key that is not known', async () => {
    const tokens = await remembered(['good']);

    tokens.remember('token', claims, 'withdrawn');

    expect(tokens.find('token', 5)).toBeUndefined();
  });

  it('remembers ten thousand, the newest ones', async () => {
    const tokens = await remembered(['good']);

    for (let at = 0; at <= 10_000; at += 1) tokens.remember(`token ${at}`, claims, 'good');

    expect(tokens.find('token 0', 5)).toBeUndefined();
    expect(tokens.find('token 1', 5)).toBeDefined();
    expect(tokens.find('token 10000', 5)).toBeDefined();
  });
});
