import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { KeyRotationService, UnknownKey } from '../../../src/features/auth/signing-keys/key-rotation.service.ts';
import { AccessInvalidationBus } from '../../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { startApp } from '../../harness/app/app.ts';
import type { ExitResult } from '../../harness/process/command.ts';
import { command } from '../../harness/process/command.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { storedKeys } from './stored-keys.ts';

const { app, api, factory, database, invalidationsDelivered } = await startApp();
const keys = app.get(KeyRotationService);
const jobs = new JobTables(database);
const { stored, kidOf, ageNext } = storedKeys(database);

async function published(): Promise<string[]> {
  const { body } = await api.get('/.well-known/jwks.json');
  return (body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

async function me(accessToken: string): Promise<number> {
  return (await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status;
}

const signedBy = (accessToken: string): string | undefined => decodeProtectedHeader(accessToken).kid;

beforeAll(async () => {
  await api.logIn(await factory.user());
});

describe('Rotating the signing keys', () => {
  it('starts with an active key and a published next key', async () => {
    expect((await stored()).map(({ state }) => state).sort()).toEqual(['active', 'next']);
    expect((await published()).sort()).toEqual((await stored()).map(({ kid }) => kid).sort());
  });

  it('keeps existing tokens valid and deletes the private half of the retired key', async () => {
    const user = await factory.user();
    const before = await api.logIn(user);
    const [active, next] = [await kidOf('active'), await kidOf('next')];
    expect(signedBy(before.accessToken)).toBe(active);
    await ageNext();

    expect(await keys.rotate()).toEqual({ active: next, rotated: true });

    const after = await api.logIn(user);
    expect(signedBy(after.accessToken)).toBe(next);
    expect([await me(before.accessToken), await me(after.accessToken)]).toEqual([200, 200]);
    expect(await stored()).toContainEqual({ kid: active, state: 'retired', encryptedBytes: 0 });
    expect(await published()).toEqual(expect.arrayContaining([active, next, await kidOf('next')]));
    const refreshed = await api.post('/v1/auth/refresh', { refreshToken: before.refreshToken });
    expect(refreshed.status).toBe(200);
    expect(await factory.auditEvents({ event: 'signing_key_rotated' })).toHaveLength(1);
  });

  it('is rejected until the next key has been published for long enough', async () => {
    const before = await stored();

    await expect(keys.rotate()).rejects.toThrow(/has not been published for long enough; wait for \d+ s/);

    expect(await stored()).toEqual(before);
  });

  it('happens once for many concurrent calls', async () => {
    await ageNext();
    const next = await kidOf('next');

    const results = await Promise.allSettled(Array.from({ length: 10 }, async () => await keys.rotate()));

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await kidOf('active')).toBe(next);
    expect((await stored()).filter(({ state }) => state === 'active')).toHaveLength(1);
  });

  it('is done by a job when the key is old enough, which also deletes old keys', async () => {
    const run = async (): Promise<unknown> => {
      const { id } = await app.get(JobQueue).enqueueByType('keys.rotate', {});
      await jobs.reach(id, 'succeeded');
      return (await jobs.find(id))?.['result'];
    };
    const [active, next] = [await kidOf('active'), await kidOf('next')];
    await ageNext();
    await database.pool.query(
      `UPDATE signing_keys SET retired_at = now() - interval '26 minutes' WHERE state = 'retired'`,
    );
    expect(await run()).toEqual({ active, rotated: false });
    expect((await stored()).map(({ state }) => state).sort()).toEqual(['active', 'next']);

    await database.pool.query(
      `UPDATE signing_keys SET activated_at = now() - interval '90 days' WHERE state = 'active'`,
    );
    expect(await run()).toEqual({ active: next, rotated: true });
    await database.pool.query(`UPDATE signing_keys SET retired_at = now() - interval '24 minutes' WHERE kid = $1`, [
      active,
    ]);
    expect(await run()).toEqual({ active: next, rotated: false });
    expect(await published()).toContain(active);
  });

  it('uses no cache, so that a worker opens no connection for its invalidation', async () => {
    const isUpToDate = jest.spyOn(app.get(AccessInvalidationBus), 'isUpToDate');
    await ageNext();

    expect(await keys.rotateWhenOlderThan(0)).toMatchObject({ rotated: true });
    expect(await keys.rotateWhenOlderThan(1)).toMatchObject({ rotated: false });

    expect(isUpToDate).not.toHaveBeenCalled();
    isUpToDate.mockRestore();
  });

  it('publishes a next key when there is none', async () => {
    await database.pool.query(`DELETE FROM signing_keys WHERE state = 'next'`);
    const active = await kidOf('active');

    expect(await keys.rotate()).toEqual({ active, rotated: false });

    expect(await kidOf('next')).not.toBe('');
  });
});

describe('Revoking a signing key', () => {
  it('invalidates its access tokens and no session', async () => {
    const user = await factory.user();
    const before = await api.logIn(user);
    expect(await me(before.accessToken)).toBe(200);
    const [active, next] = [await kidOf('active'), await kidOf('next')];

    expect(await keys.revoke(active)).toEqual({ active: next, rotated: true });
    await invalidationsDelivered();

    expect(await me(before.accessToken)).toBe(401);
    expect(await published()).not.toContain(active);
    const refreshed = await api.post('/v1/auth/refresh', { refreshToken: before.refreshToken });
    expect(refreshed.status).toBe(200);
    const { accessToken } = refreshed.body as { accessToken: string };
    expect(signedBy(accessToken)).toBe(next);
    expect(await me(accessToken)).toBe(200);
    expect(await factory.auditEvents({ event: 'signing_key_revoked' })).toContainEqual(
      expect.objectContaining({ reason: `key ${active}` }),
    );
  });

  it('replaces the next key', async () => {
    const next = await kidOf('next');

    expect(await keys.revoke(next)).toMatchObject({ rotated: false });

    expect(await kidOf('next')).not.toBe(next);
  });

  it('is rejected for an unknown and for a revoked key', async () => {
    const before = await stored();

    await expect(keys.revoke('no-such-key')).rejects.toThrow(UnknownKey);

    expect(await stored()).toEqual(before);
  });
});

// signing-keys.long-spec.ts runs the commands.
describe('npm run signing-keys', () => {
  const run = async (...args: string[]): Promise<ExitResult> => await command(database.url, 'signing-keys', ...args);

  it.each([[[]], [['revoke']], [['list', 'x']], [['nonsense']]])('rejects other arguments: %j', async (wrong) => {
    expect((await run(...wrong)).stderr).toBe('plinth: Usage: npm run signing-keys -- list | rotate | revoke <kid>\n');
  });
});
