import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { readDatabaseUrl } from '../../src/platform/config/database-url.ts';
import { monthStart, partitionOf } from '../harness/database/audit-partitions.ts';
import { createDatabase, newClient, onServer } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';

/*
 * The service may run as a database role that owns nothing and has only DML privileges. An attacker who controls the
 * service then has this role, and none of its privileges suffices to change the audit log.
 */

const database = await createDatabase();
const factory = new Factory(database);
const { schema } = readDatabaseUrl(database.ownUrl);
const role = `rows_${randomBytes(6).toString('hex')}`;
const secret = randomBytes(12).toString('hex');
const client = newClient(urlOf(role, secret));
const insufficientPrivilege = { code: '42501' };

function urlOf(user: string, password: string): string {
  return Object.assign(new URL(database.ownUrl), { username: user, password }).href;
}

async function insertEvent(age: string, subject: string | null = null): Promise<string> {
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
  return (await database.pool.query('SELECT 1 FROM audit_retention_runs')).rows.length;
}

beforeAll(async () => {
  await database.pool.query(
    `CREATE ROLE ${role} LOGIN PASSWORD '${secret}';
     GRANT USAGE ON SCHEMA ${schema} TO ${role};
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
     CREATE SCHEMA attacker AUTHORIZATION ${role}`,
  );
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
  await onServer(`DROP ROLE ${role}`);
});

describe('A database role with DML privileges only', () => {
  it.each([
    ['DELETE', 'DELETE FROM audit_events'],
    ['UPDATE', 'UPDATE audit_events SET ip = NULL, user_agent = NULL'],
    ['DELETE from a partition', 'DELETE FROM audit_events_initial'],
    ['UPDATE of a partition', 'UPDATE audit_events_initial SET ip = NULL'],
    ['TRUNCATE of a partition', 'TRUNCATE audit_events_initial'],
    ['DROP of a partition', 'DROP TABLE audit_events_initial'],
    ['DETACH of a partition', 'ALTER TABLE audit_events DETACH PARTITION audit_events_initial'],
    ['a call that creates partitions', 'SELECT audit_events_create_partitions(3)'],
    ['an own partition', `SELECT audit_events_create_partition('2100-01-01T00:00:00Z')`],
    ['an own trigger that deletes', withTrigger('attacker.delete_all()')],
    ['an own trigger that blanks', withTrigger('attacker.blank_all()')],
    ['a trigger of the service that expires', withTrigger('audit_events_delete_expired()')],
    [
      'a trigger of the service that anonymizes',
      withTrigger('audit_events_anonymize_users()', 'AFTER', 'REFERENCING NEW TABLE AS deleted'),
    ],
    ['an own expiry record', `INSERT INTO audit_retention_runs (before, deleted) VALUES (now(), 1000)`],
    ['a call of the expiry function', 'SELECT audit_events_expire(31, 1000)'],
    [
      'an own operator and search path',
      `CREATE FUNCTION attacker.same(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT true';
       CREATE OPERATOR attacker.= (LEFTARG = name, RIGHTARG = name, FUNCTION = attacker.same);
       SET LOCAL search_path = attacker, pg_catalog, ${schema}; ${withTrigger('attacker.delete_all()')}`,
    ],
  ])('cannot change the audit log by %s', async (_, statements) => {
    const { id: subject } = await factory.user();
    const id = await insertEvent('400 days', subject);
    const before = await rowOf(id);

    const begin = `BEGIN; ${attackerTriggers} ${statements.replace('$SUBJECT', `'${subject}'`)}; COMMIT`;
    await expect(client.query(begin)).rejects.toMatchObject(insufficientPrivilege);
    await client.query('ROLLBACK');

    expect(await rowOf(id)).toEqual(before);
    expect(await expiries()).toBe(0);
  });

  it('anonymizes the events of a deleted user, and no others', async () => {
    const [deleted, other] = [await factory.user(), await factory.user()];
    const [ownEvent, otherEvent] = [await insertEvent('1 day', deleted.id), await insertEvent('1 day', other.id)];

    await client.query('DELETE FROM users WHERE id = $1', [deleted.id]);

    expect(await rowOf(ownEvent)).toMatchObject({ ip: null, user_agent: null });
    expect(await rowOf(otherEvent)).toMatchObject({ ip: '192.0.2.7', user_agent: 'tests' });
  });

  it('creates partitions when granted, which it does not own', async () => {
    await database.pool.query(`GRANT EXECUTE ON FUNCTION audit_events_create_partitions(integer) TO ${role}`);

    const { rows } = await client.query<{ created: number }>('SELECT audit_events_create_partitions(4) AS created');

    expect(rows).toEqual([{ created: 2 }]);
    const last = partitionOf(monthStart(4));
    for (const sql of [`DROP TABLE ${last}`, `ALTER TABLE audit_events DETACH PARTITION ${last}`])
      await expect(client.query(sql)).rejects.toMatchObject(insufficientPrivilege);
  });

  it('deletes old events when granted, and cannot hide the deletion', async () => {
    await database.pool.query(`GRANT EXECUTE ON FUNCTION audit_events_expire(integer, integer) TO ${role}`);
    const old = await insertEvent('400 days');
    const recent = await insertEvent('29 days');

    const { rows } = await client.query<{ deleted: number }>('SELECT audit_events_expire(90, 1000) AS deleted');
    await expect(client.query('SELECT audit_events_expire(1, 1000)')).rejects.toMatchObject(insufficientPrivilege);

    expect(rows[0]?.deleted).toBeGreaterThan(0);
    expect([await rowOf(old), await rowOf(recent)]).toEqual([undefined, expect.anything()]);
    for (const hide of ['DELETE FROM audit_retention_runs', 'UPDATE audit_retention_runs SET deleted = 0'])
      await expect(client.query(hide)).rejects.toMatchObject(insufficientPrivilege);
    await expect(database.pool.query('TRUNCATE audit_retention_runs')).rejects.toMatchObject(insufficientPrivilege);
    expect(await expiries()).toBe(1);
  });
});

/** Trigger functions of an attacker. */
const attackerTriggers = `
  CREATE FUNCTION attacker.delete_all() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM ${schema}.audit_events; RETURN NULL; END $$;
  CREATE FUNCTION attacker.blank_all() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE ${schema}.audit_events SET ip = NULL, user_agent = NULL; RETURN NULL; END $$;`;

/** A temporary table with a trigger, and an insert that fires it. */
function withTrigger(trigger: string, when = 'BEFORE', referencing = ''): string {
  return `
    CREATE TEMP TABLE bait (id uuid, before timestamptz, deleted integer);
    CREATE TRIGGER go ${when} INSERT ON bait ${referencing}
      FOR EACH ${when === 'AFTER' ? 'STATEMENT' : 'ROW'} EXECUTE FUNCTION ${trigger};
    INSERT INTO bait VALUES ($SUBJECT, now(), 1000)`;
}
