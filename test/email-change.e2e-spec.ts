import { describe, expect, it } from '@jest/globals';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';
import { Mailbox } from './support/mailbox.ts';

const { api, given, database } = await start();
const mailbox = new Mailbox(api);
const newPassword = 'a password that nobody else knows';
const confirmation = 'Confirm your new e-mail address';
const notice = 'Your e-mail address was changed';

let counter = 0;
const newAddress = (): string => `Moved${(counter += 1)}@example.com`;

const ask = async (user: GivenUser, newEmail: string): Promise<Reply> =>
  await api.as(user).post('/v1/auth/email/change', { newEmail });
const confirm = async (token: string): Promise<Reply> => await api.post('/v1/auth/email/change/confirm', { token });
const revert = async (token: string): Promise<Reply> => await api.post('/v1/auth/email/change/revert', { token });
const logIn = async (email: string, password: string): Promise<Reply> =>
  await api.post('/v1/auth/login', { email, password });

/** Moves a user to a new address by their mails; they are logged in as before. */
async function move(user: GivenUser): Promise<string> {
  const address = newAddress();
  await ask(user, address);
  expect((await confirm(await mailbox.tokenFor(address, confirmation))).status).toBe(204);
  return address;
}

async function addressOf({ id }: GivenUser): Promise<unknown> {
  const { rows } = await database.pool.query(
    'SELECT email, email_verified_at IS NOT NULL AS verified FROM users WHERE id = $1',
    [id],
  );
  return rows[0];
}

describe('POST /v1/auth/email/change', () => {
  it('mails a link to the new address alone, and changes nothing yet', async () => {
    const user = await given.user();
    const address = newAddress();

    expect(await ask(user, address)).toMatchObject({ status: 202, body: { status: 'accepted' } });

    expect(await mailbox.subjectsTo(address)).toEqual([confirmation]);
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect((await given.auditEvents({ subjectId: user.id })).at(-1)).toMatchObject({
      event: 'user_email_change_requested',
      actor_id: user.id,
    });
  });

  it('tells who has the new address that they have an account, and nobody else anything', async () => {
    const user = await given.user();
    const owner = await given.user();

    const taken = await ask(user, owner.email.toUpperCase());

    expect(taken).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(await mailbox.mailsTo(owner.email)).toMatchObject([{ subject: 'You already have an account', links: [] }]);
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
  });

  it('asks who is calling, and for an address', async () => {
    expect(await api.post('/v1/auth/email/change', { newEmail: newAddress() })).toBeProblem('unauthenticated', 401);
    expect(await ask(await given.user(), 'nobody')).toBeProblem('validation-failed', 422);
  });

  it('answers the same when it is repeated, under whatever key: another mail goes out, and its link is the one', async () => {
    const user = await given.user();
    const newEmail = newAddress();
    const send = async (): Promise<Reply> =>
      await api.as(user).post('/v1/auth/email/change', { newEmail }, { 'Idempotency-Key': 'move-once' });

    const first = await send();
    const older = await mailbox.tokenFor(newEmail);
    const second = await send();

    expect([first.status, second.status, second.text]).toEqual([202, 202, first.text]);
    expect(second.headers['idempotency-replayed']).toBeUndefined();
    expect(await mailbox.mailsTo(newEmail)).toHaveLength(2);
    expect(await confirm(older)).toBeProblem('invalid-token', 400);
  });

  it('voids the link of an earlier wish, for whichever address', async () => {
    const user = await given.user();
    const [first, second] = [newAddress(), newAddress()];
    await ask(user, first);
    const older = await mailbox.tokenFor(first);

    await ask(user, second);

    expect(await confirm(older)).toBeProblem('invalid-token', 400);
    expect((await confirm(await mailbox.tokenFor(second))).status).toBe(204);
  });
});

describe('POST /v1/auth/email/change/confirm', () => {
  it('moves the account and tells the former address, with a way back', async () => {
    const user = await given.user();

    const address = await move(user);

    expect(await addressOf(user)).toEqual({ email: address, verified: true });
    expect((await logIn(address, user.password)).status).toBe(200);
    expect(await logIn(user.email, user.password)).toBeProblem('invalid-credentials', 401);
    expect((await api.as(user).get('/v1/users/me')).body).toMatchObject({ email: address, emailVerified: true });
    const [mail] = await mailbox.mailsTo(user.email);
    expect(mail).toMatchObject({ subject: notice });
    expect(mail?.links[0]).toMatch(/\/account\/revert-email\?token=[\w-]{43}$/);
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_email_changed' })).toMatchObject([
      { actor_id: user.id, outcome: 'success' },
    ]);
  });

  it('works once, for one of fifty at once', async () => {
    const user = await given.user();
    const address = newAddress();
    await ask(user, address);
    const token = await mailbox.tokenFor(address);

    const replies = await Promise.all(Array.from({ length: 50 }, async () => await confirm(token)));

    expect(replies.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(400)]);
    expect(await mailbox.subjectsTo(user.email)).toEqual([notice]);
  });

  it('is answered again to who repeats it under its key', async () => {
    const user = await given.user();
    const address = newAddress();
    await ask(user, address);
    const token = await mailbox.tokenFor(address);
    const send = async (): Promise<Reply> =>
      await api.post('/v1/auth/email/change/confirm', { token }, { 'Idempotency-Key': 'confirm-once' });

    expect((await send()).status).toBe(204);
    expect(await send()).toMatchObject({ status: 204, headers: { 'idempotency-replayed': 'true' } });
  });

  it('changes nothing when somebody has the address by now, also under a key', async () => {
    const user = await given.user();
    const address = newAddress();
    await ask(user, address);
    const token = await mailbox.tokenFor(address);
    const owner = await given.user({ email: address });

    expect(await confirm(token)).toBeProblem('invalid-token', 400);
    expect(await api.post('/v1/auth/email/change/confirm', { token }, { 'Idempotency-Key': 'too-late' })).toBeProblem(
      'invalid-token',
      400,
    );

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect(await addressOf(owner)).toEqual({ email: address, verified: true });
    expect(await mailbox.mailsTo(user.email)).toEqual([]);
    await database.pool.query('DELETE FROM users WHERE id = $1', [owner.id]);
    expect((await confirm(token)).status).toBe(204);
  });

  it('gives the address to one of two who want it', async () => {
    const users = [await given.user(), await given.user()];
    const address = newAddress();
    const tokens: string[] = [];
    for (const user of users) {
      await ask(user, address);
      tokens.push(await mailbox.tokenFor(address));
    }

    const replies = await Promise.all(tokens.map(confirm));

    expect(replies.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  it('lets the spelling of the own address be changed', async () => {
    const user = await given.user({ email: `spelling${process.pid}@example.com` });
    const spelt = `Spelling${process.pid}@Example.com`;
    await ask(user, spelt);

    expect((await confirm(await mailbox.tokenFor(spelt, confirmation))).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: spelt, verified: true });
  });

  it('voids every other link of the account', async () => {
    const user = await given.user();
    await api.post('/v1/auth/password/forgot', { email: user.email });
    const token = await mailbox.tokenFor(user.email);

    await move(user);

    expect(await api.post('/v1/auth/password/reset', { token, newPassword })).toBeProblem('invalid-token', 400);
  });

  it('takes no token that has expired, was voided by a new password, is for something else, or of a disabled user', async () => {
    const [late, changed, disabled] = [await given.user(), await given.user(), await given.user()];
    const tokens: string[] = [];
    for (const user of [late, changed, disabled]) {
      const address = newAddress();
      await ask(user, address);
      tokens.push(await mailbox.tokenFor(address));
    }
    await database.pool.query('UPDATE mailed_tokens SET expires_at = now() WHERE user_id = $1', [late.id]);
    await api.post('/v1/auth/password/forgot', { email: changed.email });
    await api.post('/v1/auth/password/reset', { token: await mailbox.tokenFor(changed.email), newPassword });
    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    const other = await given.user();
    await api.post('/v1/auth/password/forgot', { email: other.email });
    tokens.push(await mailbox.tokenFor(other.email), 'nothing');

    for (const token of tokens) expect(await confirm(token)).toBeProblem('invalid-token', 400);
  });
});

describe('POST /v1/auth/email/change/revert', () => {
  it('gives the account back: address, no session, and no password until its owner sets one', async () => {
    const user = await given.user();
    const robbed = api.as(user);
    const address = await move(user);
    const token = await mailbox.tokenFor(user.email, notice);

    expect(await revert(token)).toMatchObject({ status: 204, text: '' });

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect(await robbed.get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    for (const email of [user.email, address]) {
      expect(await logIn(email, user.password)).toBeProblem('invalid-credentials', 401);
    }
    const reset = { token: await mailbox.tokenFor(user.email, 'Choose a new password'), newPassword };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect((await logIn(user.email, newPassword)).status).toBe(200);
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_email_reverted' })).toHaveLength(1);
  });

  it('works once, for one of fifty at once', async () => {
    const user = await given.user();
    await move(user);
    const token = await mailbox.tokenFor(user.email, notice);

    const replies = await Promise.all(Array.from({ length: 50 }, async () => await revert(token)));

    expect(replies.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(400)]);
    expect(await mailbox.subjectsTo(user.email)).toEqual(['Choose a new password', notice]);
  });

  it('survives all that a robber can do: another password, another move, and moving back', async () => {
    const user = await given.user();
    const first = await move(user);
    const owners = await mailbox.tokenFor(user.email, notice);
    await api.post('/v1/auth/password/forgot', { email: first });
    await api.post('/v1/auth/password/reset', {
      token: await mailbox.tokenFor(first, 'Choose a new password'),
      newPassword,
    });
    const robber = { ...user, email: first, password: newPassword };
    const second = await move(robber);
    const robbers = await mailbox.tokenFor(first, notice);
    expect((await revert(robbers)).status).toBe(204);
    expect(await addressOf(user)).toEqual({ email: first, verified: true });

    expect((await revert(owners)).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    expect(second).not.toBe(first);
  });

  it('leaves the robber no way back', async () => {
    const user = await given.user();
    const first = await move(user);
    const owners = await mailbox.tokenFor(user.email, notice);
    const third = newAddress();
    await move({ ...user, email: user.email });
    await ask(user, third);
    const pending = await mailbox.tokenFor(third);
    const robbers = await mailbox.tokenFor(first, notice);

    expect((await revert(owners)).status).toBe(204);

    expect(await revert(robbers)).toBeProblem('invalid-token', 400);
    expect(await confirm(pending)).toBeProblem('invalid-token', 400);
    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
  });

  it('is not stopped by who registers the address meanwhile without reading its mail', async () => {
    const user = await given.user();
    await move(user);
    const token = await mailbox.tokenFor(user.email, notice);
    await api.post('/v1/auth/register', { email: user.email, password: newPassword });

    expect((await revert(token)).status).toBe(204);

    expect(await addressOf(user)).toEqual({ email: user.email, verified: true });
    const { rows } = await database.pool.query('SELECT 1 FROM users WHERE email = $1 AND deleted_at IS NULL', [
      user.email,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('changes nothing when somebody else has verified the address meanwhile', async () => {
    const user = await given.user();
    const address = await move(user);
    const token = await mailbox.tokenFor(user.email, notice);
    const owner = await given.user({ email: user.email });

    expect(await revert(token)).toBeProblem('invalid-token', 400);

    expect(await addressOf(user)).toEqual({ email: address, verified: true });
    expect((await logIn(owner.email, owner.password)).status).toBe(200);
    expect((await logIn(address, user.password)).status).toBe(200);
  });

  it('works for seven days, and not with a token for something else', async () => {
    const user = await given.user();
    await move(user);
    const token = await mailbox.tokenFor(user.email, notice);
    const { rows } = await database.pool.query<{ seconds: number }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM mailed_tokens
       WHERE user_id = $1 AND purpose = 'email-revert'`,
      [user.id],
    );
    expect(rows).toEqual([{ seconds: 604_800 }]);

    expect(await confirm(token)).toBeProblem('invalid-token', 400);
    await database.pool.query('UPDATE mailed_tokens SET expires_at = now() WHERE user_id = $1', [user.id]);
    expect(await revert(token)).toBeProblem('invalid-token', 400);
    expect(await revert('nothing')).toBeProblem('invalid-token', 400);
  });
});
