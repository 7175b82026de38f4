import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../../../src/features/auth/passwords/password-hasher.ts';
import { startApp } from '../../harness/app/app.ts';

const old = 'old2025:the-pepper-of-last-year-is-long-enough';
const current = 'new2026:the-pepper-of-this-year-is-long-enough';
const keyIdOf = { old: Buffer.from('old2025').toString('base64').replaceAll('=', ''), current: 'bmV3MjAyNg' };

const plain = await startApp();
const { factory, database } = plain;
const same = { DATABASE_URL: database.url };
const withOld = await startApp({ ...same, AUTH_PASSWORD_PEPPER: old });
const rotated = await startApp({ ...same, AUTH_PASSWORD_PEPPER: `${current},${old}` });
const withoutOld = await startApp({ ...same, AUTH_PASSWORD_PEPPER: current });
const impostor = await startApp({ ...same, AUTH_PASSWORD_PEPPER: 'old2025:another-secret-under-the-name-of-old' });
const dearer = await startApp({ ...same, AUTH_ARGON2_ITERATIONS: '3' });
const dearest = await startApp({ ...same, AUTH_ARGON2_ITERATIONS: '8' });

type Service = typeof plain;
type User = Awaited<ReturnType<typeof factory.user>>;

async function logIn({ api }: Service, { email, password }: User): Promise<number> {
  return (await api.post('/v1/auth/login', { email, password })).status;
}

async function stored({ id }: User): Promise<{ hash: string; version: number; updated: string }> {
  const { rows } = await database.pool.query<{ hash: string; version: number; updated: string }>(
    'SELECT password_hash AS hash, version, updated_at::text AS updated FROM users WHERE id = $1',
    [id],
  );
  return rows[0] ?? { hash: '', version: 0, updated: '' };
}

describe('The hash of a password', () => {
  it('is renewed at login when its parameters differ, without another change of the user', async () => {
    const user = await factory.user();
    const before = await stored(user);

    expect(await logIn(dearer, user)).toBe(200);

    const after = await stored(user);
    expect(after.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=3,p=1\$/);
    expect({ ...after, hash: '' }).toEqual({ ...before, hash: '' });
    expect(await logIn(dearer, user)).toBe(200);
    expect(await stored(user)).toEqual(after);
  });

  it('is unchanged after a wrong password', async () => {
    const user = await factory.user();
    const before = await stored(user);

    expect(await logIn(dearer, { ...user, password: 'not the password at all' })).toBe(401);
    expect(await stored(user)).toEqual(before);
  });

  it('costs as much as a current hash to reject a wrong password, whatever its parameters', async () => {
    const hasher = dearest.app.get(PasswordHasher);
    const user = await stored(await factory.user());
    const work = async (hash: string | null): Promise<number> => {
      const before = process.cpuUsage();
      await hasher.verify('not the password at all', hash);
      const { user: own, system } = process.cpuUsage(before);
      return own + system;
    };
    // From the first outdated hash on, every verification costs the same.
    await work(user.hash);

    // The least of several: other work of the process only adds to it.
    let [unknown, outdated] = [Infinity, Infinity];
    for (let time = 0; time < 8; time += 1) {
      unknown = Math.min(unknown, await work(null));
      outdated = Math.min(outdated, await work(user.hash));
    }

    // Without equalization it would be almost nothing; the tolerance is for work that always happens.
    expect(outdated / unknown).toBeGreaterThan(0.6);
    expect(outdated / unknown).toBeLessThan(1.6);
  });

  it('is renewed once by ten concurrent logins', async () => {
    const user = await factory.user();

    const statuses = await Promise.all(Array.from({ length: 10 }, async () => await logIn(dearer, user)));

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await logIn(dearer, user)).toBe(200);
  });

  it('gets the current pepper at login', async () => {
    const user = await factory.user();

    expect(await logIn(withOld, user)).toBe(200);
    expect((await stored(user)).hash).toContain(`$m=1024,t=1,p=1,keyid=${keyIdOf.old}$`);
    expect(await logIn(plain, user)).toBe(401);
    expect(await logIn(rotated, user)).toBe(200);
    expect((await stored(user)).hash).toContain(`$m=1024,t=1,p=1,keyid=${keyIdOf.current}$`);
    expect(await logIn(withOld, user)).toBe(401);
    expect(await logIn(withoutOld, user)).toBe(200);
  });

  it('matches nothing when its pepper is not configured any more', async () => {
    const user = await factory.user();
    await logIn(withOld, user);
    const before = await stored(user);

    expect(await logIn(withoutOld, user)).toBe(401);
    expect(await logIn(plain, user)).toBe(401);
    expect(await stored(user)).toEqual(before);
    expect(await logIn(withOld, user)).toBe(200);
  });

  it('depends on the pepper, not only on its id', async () => {
    const user = await factory.user();
    await logIn(withOld, user);

    expect(await logIn(impostor, user)).toBe(401);
  });

  it('of a new account uses the pepper', async () => {
    const email = 'newcomer@example.com';
    await rotated.api.post('/v1/auth/register', { email, password: 'correct horse battery staple' });

    const { rows } = await database.pool.query('SELECT password_hash AS hash FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ hash: expect.stringContaining(`,keyid=${keyIdOf.current}$`) }]);
  });
});
