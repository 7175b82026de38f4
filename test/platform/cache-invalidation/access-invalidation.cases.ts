import { describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { AccessInvalidationConnection } from '../../../src/platform/cache-invalidation/access-invalidation-connection.ts';
import { endsOfAccess, revokeSessions } from '../../contracts/rule-tables.ts';
import { sharedApp, testConfig } from '../../harness/app/app.ts';
import { createApiKey, withKey } from '../../harness/http/api-keys.ts';
import { InterruptibleDatabase } from '../../harness/database/interruptible-database.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const { api, factory, database, invalidationsDelivered } = await sharedApp();

/** Disables the triggers that write and notify changes. */
const silently = 'SET LOCAL session_replication_role = replica';

/** Runs statements in a transaction of another client. */
async function inOtherTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

async function me(user: Parameters<typeof api.as>[0]): Promise<number> {
  return (await api.as(user).get('/v1/users/me')).status;
}

async function listener(): Promise<{ pid: number; queriedAt: string } | undefined> {
  const { rows } = await database.pool.query<{ pid: number; queriedAt: string }>(
    `SELECT pid, query_start::text AS "queriedAt" FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE '%xact >= $1%' AND pid <> pg_backend_pid()`,
  );
  return rows[0];
}

/** Creates a session that the service has cached. */
async function cachedSession(): Promise<{ user: Awaited<ReturnType<typeof factory.user>>; sessionId: string }> {
  const user = await factory.user({ roles: [] });
  expect(await me(user)).toBe(200);
  await invalidationsDelivered();
  expect(await me(user)).toBe(200);
  const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = $1', [user.id]);
  return { user, sessionId: rows[0]?.id ?? '' };
}

describe('A cached session', () => {
  it('is not read from the database again', async () => {
    const { user } = await cachedSession();
    await inOtherTransaction(async (client) => {
      await client.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
      expect(await me(user)).toBe(200);
    });
  });

  it('is rejected immediately after a logout on the same instance', async () => {
    const { user } = await cachedSession();

    await api.as(user).post('/v1/auth/logout');

    expect(await me(user)).toBe(401);
  });

  it.each(endsOfAccess)('is rejected when the invalidation of %s arrives', async (_, change) => {
    const { user } = await cachedSession();

    await database.pool.query(change, [user.id]);
    await invalidationsDelivered();

    expect(await me(user)).toBe(401);
  });

  it('has the current permissions of its user', async () => {
    const { user } = await cachedSession();
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);

    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]);
    await invalidationsDelivered();
    expect((await api.as(user).get('/v1/users')).status).toBe(200);

    await database.pool.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [user.id]);
    await invalidationsDelivered();
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);
  });
});

describe('A notification with an invalid payload', () => {
  it.each(['', 'oops', 'null', '[]', '{"userId":1}'])('is ignored: %j', async (payload) => {
    const { user } = await cachedSession();
    const before = await listener();

    await database.pool.query(`SELECT pg_notify('plinth_access_invalidations', $1)`, [payload]);
    await database.pool.query(revokeSessions, [user.id]);
    await invalidationsDelivered();

    expect(await me(user)).toBe(401);
    expect((await listener())?.pid).toBe(before?.pid);
  });
});

describe('A revoked session', () => {
  it('is detected by the poll without a notification', async () => {
    const { user, sessionId } = await cachedSession();

    await inOtherTransaction(async (client) => {
      await client.query(silently);
      await client.query(revokeSessions, [user.id]);
      await client.query('INSERT INTO access_invalidations (session_id) VALUES ($1)', [sessionId]);
    });

    await waitUntil('the session is rejected', async () => (await me(user)) === 401);
  });

  it('is detected when its transaction commits several polls after the write', async () => {
    const { user, sessionId } = await cachedSession();

    await inOtherTransaction(async (client) => {
      await client.query(silently);
      await client.query(revokeSessions, [user.id]);
      await client.query('INSERT INTO access_invalidations (session_id) VALUES ($1)', [sessionId]);
      const polls = new Set<string>();
      await waitUntil('the service has polled three times', async () => {
        polls.add((await listener())?.queriedAt ?? '');
        return polls.size > 3;
      });
      expect(await me(user)).toBe(200);
    });

    await waitUntil('the session is rejected', async () => (await me(user)) === 401);
  });

  it('is detected after the loss of the listening connection', async () => {
    const { user } = await cachedSession();
    const before = await listener();

    await database.pool.query('SELECT pg_terminate_backend($1)', [before?.pid]);
    await database.pool.query(revokeSessions, [user.id]);

    await waitUntil('the session is rejected', async () => (await me(user)) === 401);
    await waitUntil(
      'the service listens again',
      async () => ![undefined, before?.pid].includes((await listener())?.pid),
    );
    await invalidationsDelivered();
  });

  it('is detected by every request while polls fail', async () => {
    const { user } = await cachedSession();

    await inOtherTransaction(async (client) => {
      await client.query('LOCK TABLE access_invalidations IN ACCESS EXCLUSIVE MODE');
      await inOtherTransaction(async (other) => {
        await other.query(silently);
        await other.query(revokeSessions, [user.id]);
      });
      await waitUntil('the session is rejected', async () => (await me(user)) === 401);
    });
    await invalidationsDelivered();
  });

  it('is not cached again by a concurrent request', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    const results = await Promise.all([
      ...Array.from({ length: 20 }, async () => await me(user)),
      database.pool.query(revokeSessions, [user.id]).then(() => 0),
    ]);
    await invalidationsDelivered();

    expect(results.filter((status) => ![0, 200, 401].includes(status))).toEqual([]);
    expect(await me(user)).toBe(401);
  });
});

describe('A revoked API key', () => {
  const revokeKeys = 'UPDATE api_keys SET revoked_at = now() WHERE user_id = $1';

  async function cachedKey(): Promise<{ userId: string; status: () => Promise<number> }> {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    const status = async (): Promise<number> => (await api.get('/v1/users/me', withKey(key))).status;
    expect(await status()).toBe(200);
    await invalidationsDelivered();
    expect(await status()).toBe(200);
    return { userId: user.id, status };
  }

  it('is detected after the loss of the listening connection', async () => {
    const { userId, status } = await cachedKey();
    const before = await listener();

    await database.pool.query('SELECT pg_terminate_backend($1)', [before?.pid]);
    await database.pool.query(revokeKeys, [userId]);

    await waitUntil('the key is rejected', async () => (await status()) === 401);
    await invalidationsDelivered();
  });

  it('is detected by the poll without a notification', async () => {
    const { userId, status } = await cachedKey();

    await inOtherTransaction(async (client) => {
      await client.query(silently);
      await client.query(revokeKeys, [userId]);
      await client.query('INSERT INTO access_invalidations (user_id) VALUES ($1)', [userId]);
    });

    await waitUntil('the key is rejected', async () => (await status()) === 401);
  });

  it('is rejected when its row was deleted', async () => {
    const { userId, status } = await cachedKey();

    await database.pool.query('DELETE FROM api_keys WHERE user_id = $1', [userId]);
    await invalidationsDelivered();

    expect(await status()).toBe(401);
  });

  it('is not cached again by a concurrent request', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    const status = async (): Promise<number> => (await api.get('/v1/users/me', withKey(key))).status;

    await Promise.all([...Array.from({ length: 20 }, status), database.pool.query(revokeKeys, [user.id])]);
    await invalidationsDelivered();

    expect(await status()).toBe(401);
  });
});

describe('access_invalidations', () => {
  it('has no row for updates that do not change access', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    const count = async (): Promise<number> =>
      (await database.pool.query('SELECT 1 FROM access_invalidations WHERE user_id = $1', [user.id])).rows.length;

    await database.pool.query(`UPDATE users SET display_name = 'New', roles = roles WHERE id = $1`, [user.id]);
    await database.pool.query('UPDATE sessions SET last_used_at = now() WHERE user_id = $1', [user.id]);
    await createApiKey(api.as(user));
    await database.pool.query('UPDATE api_keys SET last_used_at = now() WHERE user_id = $1', [user.id]);

    expect(await count()).toBe(0);
    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);
    expect(await count()).toBe(1);
  });
});

describe('The listening connection', () => {
  it('is replaced when it is lost before LISTEN, and reports its end between two polls', async () => {
    const line = await InterruptibleDatabase.make();
    const { database: config } = testConfig({ DATABASE_URL: line.url, DATABASE_DIRECT_URL: line.url });
    const connection = new AccessInvalidationConnection(config);
    const ended = Promise.withResolvers<string>();
    const observer = {
      onNotification: (): void => undefined,
      onEnd: () => {
        ended.resolve('ended');
      },
    };
    line.cutAt('LISTEN');

    await expect(connection.poll(observer)).rejects.toThrow('Connection terminated');
    await expect(connection.poll(observer)).resolves.toMatchObject({ sequenceReset: false });
    line.cut();
    await expect(ended.promise).resolves.toBe('ended');

    await connection.close();
    await line.database.drop();
  });
});
