import { describe, expect, it } from '@jest/globals';
import type { Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { newClient } from '../../harness/database/database.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const { api, factory, database } = await sharedApp();

/** Locks the sessions of this user until the returned function is called. */
async function holdSessionsOf(userId: string): Promise<() => Promise<void>> {
  const client = newClient(database.ownUrl);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM sessions WHERE user_id = $1 FOR UPDATE', [userId]);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

async function waitingForLocks(): Promise<number> {
  const { rows } = await database.pool.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting ?? 0;
}

describe('Twenty refreshes that wait for the lock of the session', () => {
  it('return the same single successor', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.logIn(user);
    const release = await holdSessionsOf(user.id);

    const calls = Array.from({ length: 20 }, async () => await api.post('/v1/auth/refresh', { refreshToken }));
    await waitUntil('several wait for the lock', async () => (await waitingForLocks()) >= 3).finally(release);
    const responses = await Promise.all(calls);

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(responses.map(({ body }) => (body as Tokens).refreshToken)).size).toBe(1);
    const { rows } = await database.pool.query(
      `SELECT t.generation FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
       WHERE s.user_id = $1 AND s.revoked_at IS NULL ORDER BY t.generation`,
      [user.id],
    );
    expect(rows).toEqual([{ generation: 1 }, { generation: 2 }]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_token_reuse' })).toEqual([]);
  });
});
