import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { insertAuditRows } from '../../src/platform/database/audit-rows.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Prisma } from '../../src/platform/database/generated/client.ts';
import { Forbidden } from '../../src/platform/http/auth/auth.errors.ts';
import { PermissionChecker } from '../../src/platform/http/auth/permission-checker.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { sharedApp } from '../harness/app/app.ts';
import { oneTimeTokenFor } from '../harness/mail/one-time-tokens.ts';

const testApp = await sharedApp();
const { api, factory, database } = testApp;
const newPassword = 'correct horse battery staple';

/** Returns the only audit event of this request. */
async function rowOf(response: ApiResponse): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    'SELECT * FROM audit_events WHERE request_id = $1',
    [response.headers['x-request-id']],
  );
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

describe.each([
  ['/v1/auth/password/reset', 'reset-password', 'authn_password_change_fail', { newPassword }],
  ['/v1/auth/email/verify', 'verify-email', 'user_email_verified', {}],
  ['/v1/auth/email/change/confirm', 'email-change', 'user_email_changed', {}],
  ['/v1/auth/email/change/revert', 'email-revert', 'user_email_reverted', {}],
] as const)('A one-time token at %s', (path, purpose, event, body) => {
  it('is recorded without its value when it is unknown', async () => {
    const token = `guessed-${randomUUID()}`;

    const row = await rowOf(await api.post(path, { token, ...body }));

    expect(row).toMatchObject({ event, outcome: 'failure', subject_id: null, reason: 'mailed link not valid' });
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('is recorded with its owner when it has expired, also with an idempotency key', async () => {
    const user = await factory.user();
    const token = await oneTimeTokenFor(testApp, purpose, user);
    await database.pool.query('UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1', [user.id]);

    const response = await api.post(path, { token, ...body }, { 'Idempotency-Key': randomUUID() });

    expect(response).toBeProblem('invalid-token', 400);
    expect(await rowOf(response)).toMatchObject({ event, outcome: 'failure', subject_id: user.id });
  });
});

describe('A refresh token', () => {
  const refresh = async (refreshToken: string): Promise<ApiResponse> =>
    await api.post('/v1/auth/refresh', { refreshToken });

  it.each([`rt_${'a'.repeat(43)}`, 'rt_short'])(
    'is recorded without its value when it is unknown: %s',
    async (token) => {
      const row = await rowOf(await refresh(token));

      expect(row).toMatchObject({ event: 'authn_login_fail', outcome: 'failure', subject_id: null });
      expect(JSON.stringify(row)).not.toContain(token);
    },
  );

  it('is recorded with its user when the session has ended', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.tokensOf(user);
    await api.as(user).post('/v1/auth/logout');

    const row = await rowOf(await refresh(refreshToken));

    expect(row).toMatchObject({ event: 'authn_login_fail', subject_id: user.id, reason: 'refresh token not valid' });
    expect(JSON.stringify(row)).not.toContain(refreshToken);
  });
});

describe('The audit log', () => {
  it('records an attempt to revoke the session of another user', async () => {
    const [user, other] = [await factory.user(), await factory.user()];
    await api.tokensOf(other);
    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = $1', [
      other.id,
    ]);

    const response = await api.as(user).delete(`/v1/auth/sessions/${rows[0]?.id}`);

    expect(response).toBeProblem('not-found', 404);
    const caller = { actor_id: user.id, subject_id: user.id };
    expect(await rowOf(response)).toMatchObject({ event: 'authz_fail', outcome: 'failure', ...caller });
  });

  it('records attempts to change own roles and to disable the own account', async () => {
    const admin = await factory.admin();
    const path = `/v1/users/${admin.id}`;
    await factory.admin();

    const responses = [
      await api.as(admin).patch(path, { roles: ['user'] }, { 'If-Match': '*' }),
      await api.as(admin).post(`${path}/disable`),
    ];

    expect(responses.map(({ status }) => status)).toEqual([403, 409]);
    for (const response of responses)
      expect(await rowOf(response)).toMatchObject({ event: 'authz_fail', outcome: 'failure', actor_id: admin.id });
  });
});

describe('A reason', () => {
  const reasonsWith = async (text: string): Promise<unknown[]> =>
    (await factory.auditEvents({})).map(({ reason }) => reason).filter((reason) => String(reason).includes(text));

  it('is recorded with its beginning for a caller who lost more permissions than fit', async () => {
    const resource = `r${randomUUID()}`;
    const lost = Array.from({ length: 20 }, (_, at) => `${resource}:${at}`);

    await expect(testApp.app.get(PermissionChecker).assertStillGranted(lost, [])).rejects.toThrow(Forbidden);

    expect(await reasonsWith(resource)).toEqual([`${`lost permission ${lost.join(', ')}`.slice(0, 199)}…`]);
  });

  it.each([
    [200, ''],
    [201, '…'],
  ])('of %d characters that a statement writes ends with %j', async (length, end) => {
    const reason = randomUUID().padEnd(length, '.');
    const origin = { ip: null, userAgent: null, requestId: null, traceId: null };
    const row = { event: 'test', outcome: 'success', actorId: null, subjectId: null, sessionId: null, ...origin };
    const source = Prisma.sql`SELECT 1 AS place, NULL::uuid AS session_id, ${reason} AS reason`;

    await testApp.app.get(Database).$executeRaw(insertAuditRows(row, source));

    expect(await reasonsWith(reason.slice(0, 36))).toEqual([`${reason.slice(0, 200 - end.length)}${end}`]);
  });
});
