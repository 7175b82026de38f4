import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { readDatabaseUrl } from '../src/config/database-url.ts';
import { createDatabase, newClient, onServer } from './support/database.ts';
import { Given } from './support/given.ts';

/*
 * The service may run as a role that owns nothing and may do nothing but read and write rows. Such a role, and so whoever
 * has taken the service over, gets past the audit trail by none of what it may do.
 */

const database = await createDatabase();
const given = new Given(database);
const { schema } = readDatabaseUrl(database.ownUrl);
const role = `rows_${randomBytes(6).toString('hex')}`;
const secret = randomBytes(12).toString('hex');
const client = newClient(urlOf(role, secret));
const refused = { code: '42501' };

function urlOf(user: string, password: string): string {
  return Object.assign(new URL(database.ownUrl), { username: user, password }).href;
}

async function written(age: string, subject: string | null = null): Promise<string> {
  const id = uuidv7();
  await client.query(
    `INSERT INTO audit_events (id, at, event, outcome, subject_id, ip, user_agent)
     VALUES ($1, now() - $2::interval, 'test', 'success', $3, '192.0.2.7', 'tests')`,
    [id, age, subject],
  );
  return id;
}

async function rowOf(id: string): Promise<unknown> {
  return (await database.pool.query('SELECT * FROM audit_events WHERE id = $1', [id])).rows[0];
}

async function expiries(): Promise<number> {
  return (await database.pool.query('SELECT 1 FROM audit_expiries')).rows.length;
}

beforeAll(async () => {
  await database.pool.query(
    `CREATE ROLE ${role} LOGIN PASSWORD '${secret}';
     GRANT USAGE ON SCHEMA ${schema} TO ${role};
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
     CREATE SCHEMA theirs AUTHORIZATION ${role}`,
  );
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
  await onServer(`DROP ROLE ${role}`);
});

describe('A role that may only read and write rows', () => {
  it.each([
    ['DELETE', 'DELETE FROM audit_events'],
    ['UPDATE', 'UPDATE audit_events SET ip = NULL, user_agent = NULL'],
    ['a trigger of its own that deletes', hung('theirs.delete_all()')],
    ['a trigger of its own that blanks', hung('theirs.blank_all()')],
    ['a trigger of the service that expires', hung('audit_events_delete_expired()')],
    [
      'a trigger of the service that forgets',
      hung('audit_events_forget_users()', 'AFTER', 'REFERENCING NEW TABLE AS gone'),
    ],
    ['an expiry of its own', `INSERT INTO audit_expiries (before, deleted) VALUES (now(), 1000)`],
    ['a call of the expiry', 'SELECT audit_events_expire(31, 1000)'],
    [
      'words of its own',
      `CREATE FUNCTION theirs.same(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT true';
       CREATE OPERATOR theirs.= (LEFTARG = name, RIGHTARG = name, FUNCTION = theirs.same);
       SET LOCAL search_path = theirs, pg_catalog, ${schema}; ${hung('theirs.delete_all()')}`,
    ],
  ])('can not change what was written by %s', async (_, statements) => {
    const { id: subject } = await given.user();
    const id = await written('400 days', subject);
    const before = await rowOf(id);

    const begin = `BEGIN; ${theirTriggers} ${statements.replace('$SUBJECT', `'${subject}'`)}; COMMIT`;
    await expect(client.query(begin)).rejects.toMatchObject(refused);
    await client.query('ROLLBACK');

    expect(await rowOf(id)).toEqual(before);
    expect(await expiries()).toBe(0);
  });

  it('makes the service forget users by deleting them, and no others', async () => {
    const [gone, other] = [await given.user(), await given.user()];
    const [theirs, others] = [await written('1 day', gone.id), await written('1 day', other.id)];

    await client.query('DELETE FROM users WHERE id = $1', [gone.id]);

    expect(await rowOf(theirs)).toMatchObject({ ip: null, user_agent: null });
    expect(await rowOf(others)).toMatchObject({ ip: '192.0.2.7', user_agent: 'tests' });
  });

  it('lets old events go when it is granted that, and can not hide that they went', async () => {
    await database.pool.query(`GRANT EXECUTE ON FUNCTION audit_events_expire(integer, integer) TO ${role}`);
    const old = await written('400 days');
    const young = await written('29 days');

    const { rows } = await client.query<{ gone: number }>('SELECT audit_events_expire(90, 1000) AS gone');
    await expect(client.query('SELECT audit_events_expire(1, 1000)')).rejects.toMatchObject(refused);

    expect(rows[0]?.gone).toBeGreaterThan(0);
    expect([await rowOf(old), await rowOf(young)]).toEqual([undefined, expect.anything()]);
    for (const hide of ['DELETE FROM audit_expiries', 'UPDATE audit_expiries SET deleted = 0'])
      await expect(client.query(hide)).rejects.toMatchObject(refused);
    await expect(database.pool.query('TRUNCATE audit_expiries')).rejects.toMatchObject(refused);
    expect(await expiries()).toBe(1);
  });
});

/** What an attacker would have ready. */
const theirTriggers = `
  CREATE FUNCTION theirs.delete_all() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM ${schema}.audit_events; RETURN NULL; END $$;
  CREATE FUNCTION theirs.blank_all() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE ${schema}.audit_events SET ip = NULL, user_agent = NULL; RETURN NULL; END $$;`;

/** A temporary table with a trigger, and a row that lets it go. */
function hung(trigger: string, when = 'BEFORE', referencing = ''): string {
  return `
    CREATE TEMP TABLE bait (id uuid, before timestamptz, deleted integer);
    CREATE TRIGGER go ${when} INSERT ON bait ${referencing}
      FOR EACH ${when === 'AFTER' ? 'STATEMENT' : 'ROW'} EXECUTE FUNCTION ${trigger};
    INSERT INTO bait VALUES ($SUBJECT, now(), 1000)`;
}
