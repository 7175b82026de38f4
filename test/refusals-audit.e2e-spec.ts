import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import { mailedToken } from './support/mails.ts';

const running = await start();
const { api, given, database } = running;
const newPassword = 'correct horse battery staple';

/** The row that this refusal has left. */
async function rowOf(reply: Reply): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    'SELECT * FROM audit_events WHERE request_id = $1',
    [reply.headers['x-request-id']],
  );
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

describe.each([
  ['/v1/auth/password/reset', 'reset-password', 'authn_password_change_fail', { newPassword }],
  ['/v1/auth/email/verify', 'verify-email', 'user_email_verified', {}],
  ['/v1/auth/email/change/confirm', 'email-change', 'user_email_changed', {}],
  ['/v1/auth/email/change/revert', 'email-revert', 'user_email_reverted', {}],
] as const)('A mailed token at %s', (path, purpose, event, body) => {
  it('is written down when nobody knows it, without itself', async () => {
    const token = `guessed-${randomUUID()}`;

    const row = await rowOf(await api.post(path, { token, ...body }));

    expect(row).toMatchObject({ event, outcome: 'failure', subject_id: null, reason: 'mailed link not valid' });
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('is written down about its owner when it has expired, also under a key', async () => {
    const user = await given.user();
    const token = await mailedToken(running, purpose, user);
    await database.pool.query('UPDATE mailed_tokens SET expires_at = now() WHERE user_id = $1', [user.id]);

    const reply = await api.post(path, { token, ...body }, { 'Idempotency-Key': randomUUID() });

    expect(reply).toBeProblem('invalid-token', 400);
    expect(await rowOf(reply)).toMatchObject({ event, outcome: 'failure', subject_id: user.id });
  });
});

describe('A refresh token', () => {
  const refresh = async (refreshToken: string): Promise<Reply> => await api.post('/v1/auth/refresh', { refreshToken });

  it.each([`rt_${'a'.repeat(43)}`, 'rt_short'])('is written down when nobody knows it: %s', async (token) => {
    const row = await rowOf(await refresh(token));

    expect(row).toMatchObject({ event: 'authn_login_fail', outcome: 'failure', subject_id: null });
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('is written down about its user when its session is over', async () => {
    const user = await given.user();
    const { refreshToken } = await api.tokensOf(user);
    await api.as(user).post('/v1/auth/logout');

    const row = await rowOf(await refresh(refreshToken));

    expect(row).toMatchObject({ event: 'authn_login_fail', subject_id: user.id, reason: 'refresh token not valid' });
    expect(JSON.stringify(row)).not.toContain(refreshToken);
  });
});

describe('A caller', () => {
  it('who ends the session of somebody else is written down', async () => {
    const [user, other] = [await given.user(), await given.user()];
    await api.tokensOf(other);
    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = $1', [
      other.id,
    ]);

    const reply = await api.as(user).delete(`/v1/auth/sessions/${rows[0]?.id}`);

    expect(reply).toBeProblem('not-found', 404);
    const whose = { actor_id: user.id, subject_id: user.id };
    expect(await rowOf(reply)).toMatchObject({ event: 'authz_fail', outcome: 'failure', ...whose });
  });

  it('who changes their own roles, or keeps themselves out, is written down', async () => {
    const admin = await given.admin();
    const path = `/v1/users/${admin.id}`;
    await given.admin();

    const replies = [
      await api.as(admin).patch(path, { roles: ['user'] }, { 'If-Match': '*' }),
      await api.as(admin).post(`${path}/disable`),
    ];

    expect(replies.map(({ status }) => status)).toEqual([403, 409]);
    for (const reply of replies)
      expect(await rowOf(reply)).toMatchObject({ event: 'authz_fail', outcome: 'failure', actor_id: admin.id });
  });
});
