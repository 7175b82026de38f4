import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from '../src/features/auth/password-hasher.ts';
import { start } from './support/app.ts';

const old = 'old2025:the-pepper-of-last-year-is-long-enough';
const current = 'new2026:the-pepper-of-this-year-is-long-enough';
const keyIdOf = { old: Buffer.from('old2025').toString('base64').replaceAll('=', ''), current: 'bmV3MjAyNg' };

const plain = await start();
const { given, database } = plain;
const same = { DATABASE_URL: database.url };
const withOld = await start({ ...same, AUTH_PASSWORD_PEPPER: old });
const rotated = await start({ ...same, AUTH_PASSWORD_PEPPER: `${current},${old}` });
const withoutOld = await start({ ...same, AUTH_PASSWORD_PEPPER: current });
const impostor = await start({ ...same, AUTH_PASSWORD_PEPPER: 'old2025:another-secret-under-the-name-of-old' });
const dearer = await start({ ...same, AUTH_ARGON2_PASSES: '3' });
const dearest = await start({ ...same, AUTH_ARGON2_PASSES: '8' });

type Service = typeof plain;
type User = Awaited<ReturnType<typeof given.user>>;

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
  it('is renewed at a login when its parameters differ, and nothing else of the user', async () => {
    const user = await given.user();
    const before = await stored(user);

    expect(await logIn(dearer, user)).toBe(200);

    const after = await stored(user);
    expect(after.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=3,p=1\$/);
    expect({ ...after, hash: '' }).toEqual({ ...before, hash: '' });
    expect(await logIn(dearer, user)).toBe(200);
    expect(await stored(user)).toEqual(after);
  });

  it('stays as it is behind a wrong password', async () => {
    const user = await given.user();
    const before = await stored(user);

    expect(await logIn(dearer, { ...user, password: 'not the password at all' })).toBe(401);
    expect(await stored(user)).toEqual(before);
  });

  it('takes as much work as a hash of today to be found wrong, whatever it took to make', async () => {
    const hasher = dearest.app.get(PasswordHasher);
    const user = await stored(await given.user());
    const work = async (hash: string | null): Promise<number> => {
      const before = process.cpuUsage();
      for (let time = 0; time < 5; time += 1) await hasher.matches('not the password at all', hash);
      const { user: own, system } = process.cpuUsage(before);
      return own + system;
    };
    await work(null);

    const [nobody, outdated] = [await work(null), await work(user.hash)];

    // A quarter of it is the hash itself; some more or less is what else the process does.
    expect(outdated / nobody).toBeGreaterThan(0.6);
    expect(outdated / nobody).toBeLessThan(1.6);
  });

  it('is renewed once by ten logins at once', async () => {
    const user = await given.user();

    const statuses = await Promise.all(Array.from({ length: 10 }, async () => await logIn(dearer, user)));

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await logIn(dearer, user)).toBe(200);
  });

  it('takes a pepper at a login, and the next one when it is changed', async () => {
    const user = await given.user();

    expect(await logIn(withOld, user)).toBe(200);
    expect((await stored(user)).hash).toContain(`$m=19456,t=2,p=1,keyid=${keyIdOf.old}$`);
    expect(await logIn(plain, user)).toBe(401);
    expect(await logIn(rotated, user)).toBe(200);
    expect((await stored(user)).hash).toContain(`$m=19456,t=2,p=1,keyid=${keyIdOf.current}$`);
    expect(await logIn(withOld, user)).toBe(401);
    expect(await logIn(withoutOld, user)).toBe(200);
  });

  it('matches nothing when its pepper is not configured any more', async () => {
    const user = await given.user();
    await logIn(withOld, user);
    const before = await stored(user);

    expect(await logIn(withoutOld, user)).toBe(401);
    expect(await logIn(plain, user)).toBe(401);
    expect(await stored(user)).toEqual(before);
    expect(await logIn(withOld, user)).toBe(200);
  });

  it('depends on the pepper, not only on its name', async () => {
    const user = await given.user();
    await logIn(withOld, user);

    expect(await logIn(impostor, user)).toBe(401);
  });

  it('of a new account has the pepper from the beginning', async () => {
    const email = 'newcomer@example.com';
    await rotated.api.post('/v1/auth/register', { email, password: 'correct horse battery staple' });

    const { rows } = await database.pool.query('SELECT password_hash AS hash FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ hash: expect.stringContaining(`,keyid=${keyIdOf.current}$`) }]);
  });
});
