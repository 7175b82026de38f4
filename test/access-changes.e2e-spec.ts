import { describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { AccessChangesConnection } from '../src/database/access-changes-connection.ts';
import { start, testConfig } from './support/app.ts';
import { BreakableDatabase } from './support/breakable-database.ts';
import { until } from './support/running.ts';

const { api, given, database, heard } = await start();

const killed = 'UPDATE sessions SET killed_at = now() WHERE user_id = $1';
/** As if nobody wrote down what changes, nor told anybody. */
const silently = 'SET LOCAL session_replication_role = replica';

/** Runs statements in one transaction of somebody else's. */
async function elsewhere(work: (client: PoolClient) => Promise<void>): Promise<void> {
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

async function listener(): Promise<{ pid: number; asked: string } | undefined> {
  const { rows } = await database.pool.query<{ pid: number; asked: string }>(
    `SELECT pid, query_start::text AS asked FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE '%xact >= $1%' AND pid <> pg_backend_pid()`,
  );
  return rows[0];
}

/** A session that the service has in memory, and the id of its row. */
async function known(): Promise<{ user: Awaited<ReturnType<typeof given.user>>; sessionId: string }> {
  const user = await given.user();
  expect(await me(user)).toBe(200);
  await heard();
  expect(await me(user)).toBe(200);
  const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = $1', [user.id]);
  return { user, sessionId: rows[0]?.id ?? '' };
}

describe('A session that is known', () => {
  it('is not asked for again', async () => {
    const { user } = await known();
    await elsewhere(async (client) => {
      await client.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
      expect(await me(user)).toBe(200);
    });
  });

  it('is over at once when it was ended here', async () => {
    const { user } = await known();

    await api.as(user).post('/v1/auth/logout');

    expect(await me(user)).toBe(401);
  });

  it.each([
    ['its end', killed],
    ['the end of its time', `UPDATE sessions SET expires_at = now() WHERE user_id = $1`],
    ['a disabled user', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
    ['a deleted user', 'UPDATE users SET deleted_at = now() WHERE id = $1'],
    ['a user who is gone', 'DELETE FROM users WHERE id = $1'],
  ])('is over when the news of %s arrives', async (_, change) => {
    const { user } = await known();

    await database.pool.query(change, [user.id]);
    await heard();

    expect(await me(user)).toBe(401);
  });

  it('may do what its user may as of now', async () => {
    const { user } = await known();
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);

    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]);
    await heard();
    expect((await api.as(user).get('/v1/users')).status).toBe(200);

    await database.pool.query(`UPDATE users SET roles = '{user}' WHERE id = $1`, [user.id]);
    await heard();
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);
  });
});

describe('A notification that is no change', () => {
  it.each(['', 'oops', 'null', '[]', '{"userId":1}'])('is passed over when it is %j', async (payload) => {
    const { user } = await known();
    const before = await listener();

    await database.pool.query(`SELECT pg_notify('plinth_access_changes', $1)`, [payload]);
    await database.pool.query(killed, [user.id]);
    await heard();

    expect(await me(user)).toBe(401);
    expect((await listener())?.pid).toBe(before?.pid);
  });
});

describe('The end of a session', () => {
  it('is found by asking when nobody was told', async () => {
    const { user, sessionId } = await known();

    await elsewhere(async (client) => {
      await client.query(silently);
      await client.query(killed, [user.id]);
      await client.query('INSERT INTO access_changes (session_id) VALUES ($1)', [sessionId]);
    });

    await until('the end is found', async () => (await me(user)) === 401);
  });

  it('is found when its transaction commits long after it was written', async () => {
    const { user, sessionId } = await known();

    await elsewhere(async (client) => {
      await client.query(silently);
      await client.query(killed, [user.id]);
      await client.query('INSERT INTO access_changes (session_id) VALUES ($1)', [sessionId]);
      const asked = new Set<string>();
      await until('the service has asked three times', async () => {
        asked.add((await listener())?.asked ?? '');
        return asked.size > 3;
      });
      expect(await me(user)).toBe(200);
    });

    await until('the end is found', async () => (await me(user)) === 401);
  });

  it('is found when the connection that listens was cut', async () => {
    const { user } = await known();
    const before = await listener();

    await database.pool.query('SELECT pg_terminate_backend($1)', [before?.pid]);
    await database.pool.query(killed, [user.id]);

    await until('the end is found', async () => (await me(user)) === 401);
    await until('it listens again', async () => ![undefined, before?.pid].includes((await listener())?.pid));
    await heard();
  });

  it('is found by every request while no news can be had', async () => {
    const { user } = await known();

    await elsewhere(async (client) => {
      await client.query('LOCK TABLE access_changes IN ACCESS EXCLUSIVE MODE');
      await elsewhere(async (other) => {
        await other.query(silently);
        await other.query(killed, [user.id]);
      });
      await until('the end is found', async () => (await me(user)) === 401);
    });
    await heard();
  });

  it('is not overlooked by a request that asked just before', async () => {
    const user = await given.user();
    await api.tokensOf(user);
    const results = await Promise.all([
      ...Array.from({ length: 20 }, async () => await me(user)),
      database.pool.query(killed, [user.id]).then(() => 0),
    ]);
    await heard();

    expect(results.filter((status) => ![0, 200, 401].includes(status))).toEqual([]);
    expect(await me(user)).toBe(401);
  });
});

describe('access_changes', () => {
  it('says nothing of what changes nobody’s access', async () => {
    const user = await given.user();
    await api.tokensOf(user);
    const count = async (): Promise<number> =>
      (await database.pool.query('SELECT 1 FROM access_changes WHERE user_id = $1', [user.id])).rows.length;

    await database.pool.query(`UPDATE users SET display_name = 'New', roles = roles WHERE id = $1`, [user.id]);
    await database.pool.query('UPDATE sessions SET last_used_at = now() WHERE user_id = $1', [user.id]);

    expect(await count()).toBe(0);
    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);
    expect(await count()).toBe(1);
  });
});

describe('The connection that listens', () => {
  it('is replaced when it is lost before it listens', async () => {
    const line = await BreakableDatabase.make();
    const { database: config } = testConfig({ DATABASE_URL: line.url, DATABASE_DIRECT_URL: line.url });
    const connection = new AccessChangesConnection(config);
    const heardNothing = (): undefined => undefined;
    line.cutAt('LISTEN');

    await expect(connection.poll(heardNothing)).rejects.toThrow('Connection terminated');
    await expect(connection.poll(heardNothing)).resolves.toMatchObject({ wentBack: false });

    await connection.close();
    line.cut();
    await line.database.drop();
  });
});
