import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { runScript } from '../../../src/platform/database/migrations/run-script.ts';
import { migrationsFolder } from '../../../src/platform/database/migrations/shipped-migrations.ts';
import { newClient, onServer } from '../../harness/database/database.ts';
import { monthStart } from '../../harness/database/audit-partitions.ts';
import { emptyDatabase, query } from '../../harness/database/empty-database.ts';
import { root } from '../../harness/process/service-process.ts';

/** The migrations to partitions: bound, validation, attachment, functions. */
const [bound = '', , attachment = ''] = readdirSync(migrationsFolder).filter((name) =>
  /_audit_events_(bound|part)/.test(name),
);
const url = await emptyDatabase();
const role = `reader_${randomBytes(6).toString('hex')}`;
// After the database is dropped, in which the role has privileges.
afterAll(async () => {
  await onServer(`DROP ROLE ${role}`);
});
const otherIds = ['fffffffe-0000-4000-8000-000000000000', 'ffffffff-0000-4000-8000-000000000000'];

/** A folder with the migrations before this one. */
function migrationsBefore(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-migrations-'));
  for (const each of readdirSync(migrationsFolder).filter((other) => other < name))
    cpSync(join(migrationsFolder, each), join(folder, each), { recursive: true });
  return folder;
}

/** Events of 400 days with ids of version 7, and two with other ids. */
const fill = `
  INSERT INTO audit_events (id, at, event, outcome, ip)
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || left(md5(n::text), 3) || '8'
    || right(md5(n::text), 15))::uuid, at, 'filled', 'success', '192.0.2.7'
  FROM generate_series(1, 20000) AS n, LATERAL (SELECT now() - n * interval '29 min' AS at) AS time;
  INSERT INTO audit_events (id, event, outcome)
  SELECT id::uuid, 'filled', 'failure' FROM unnest('{${otherIds.join()}}'::text[]) AS id`;

const contents = `
  SELECT count(*)::int AS count, md5(string_agg((id, at, event, outcome, ip)::text, '' ORDER BY id)) AS digest
  FROM audit_events AS e WHERE event = 'filled'`;

const indexFiles = (table: string): string =>
  `SELECT pg_relation_filenode(indexrelid)::int AS file FROM pg_index WHERE indrelid = '${table}'::regclass ORDER BY 1`;

describe('The migration of a filled audit log to partitions', () => {
  let before: { events: unknown; indexes: unknown };

  beforeAll(async () => {
    await migrate({ url, folder: migrationsBefore(bound) });
    await query(url, fill);
    await onServer(`CREATE ROLE ${role}`);
    await query(
      url,
      `GRANT SELECT, INSERT ON audit_events TO ${role} WITH GRANT OPTION;
       ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ${role}`,
    );
    before = { events: await query(url, contents), indexes: await query(url, indexFiles('audit_events')) };
    await migrate({ url, folder: migrationsBefore(attachment) });
  }, 120_000);

  it('accepts events between its steps', async () => {
    const inserted = await query(
      url,
      `INSERT INTO audit_events (id, event, outcome) VALUES (uuid_v7(1), 'between', 'success') RETURNING event`,
    );

    expect(inserted).toEqual([{ event: 'between' }]);
  });

  it('attaches the table without reading it', async () => {
    const client = newClient(url);
    const notices: (string | undefined)[] = [];
    client.on('notice', ({ message }) => notices.push(message));
    await client.connect();
    await client.query('BEGIN');
    const sql = readFileSync(join(migrationsFolder, attachment, 'migration.sql'), 'utf8');

    await runScript(client, `SET client_min_messages = debug1;\n${sql}`);

    await client.query('ROLLBACK');
    await client.end();
    expect(notices).toContain(
      'partition constraint for table "audit_events_initial" is implied by existing constraints',
    );
  });

  it('accepts a later bound, moved as the documentation describes', async () => {
    const documentation = readFileSync(join(root, 'docs/operations/postgresql.md'), 'utf8');
    const [, move = ''] = /```sql\n([^`]*?audit_events_bound_check[^`]*?)```/.exec(documentation) ?? [];
    const client = newClient(url);
    await client.connect();
    await client.query('BEGIN');

    await runScript(client, move.replace('2027-03-01', '2101-03-01'));
    await runScript(client, readFileSync(join(migrationsFolder, attachment, 'migration.sql'), 'utf8'));

    const { rows } = await client.query<{ bounds: string }>(
      `SELECT pg_get_expr(relpartbound, oid) AS bounds FROM pg_class WHERE oid = 'audit_events_initial'::regclass`,
    );
    await client.query('ROLLBACK');
    await client.end();
    const moved = Date.UTC(2101, 2, 1).toString(16).padStart(12, '0');
    expect(rows[0]?.bounds.replaceAll('-', '')).toContain(`TO ('${moved}`);
  });

  it('keeps events, indexes and privileges', async () => {
    await migrate({ url });

    expect(await query(url, contents)).toEqual(before.events);
    expect(await query(url, indexFiles('audit_events_initial'))).toEqual(before.indexes);
    expect(
      await query(url, `SELECT 1 FROM pg_index WHERE indrelid = 'audit_events'::regclass AND NOT indisvalid`),
    ).toEqual([]);
    expect(
      await query(
        url,
        `SELECT privilege_type AS privilege, is_grantable AS grantable FROM pg_class, aclexplode(relacl)
         WHERE oid = 'audit_events'::regclass AND grantee = '${role}'::regrole ORDER BY 1`,
      ),
    ).toEqual([
      { privilege: 'INSERT', grantable: true },
      { privilege: 'SELECT', grantable: true },
    ]);
  });

  it('has a partition of all events before a month, of the next months, and of other ids', async () => {
    const end = monthStart(2);

    const partitions = await query(url, "SELECT partition, upper FROM month_partitions('audit_events') ORDER BY upper");

    expect(partitions[0]).toEqual({
      partition: 'audit_events_initial',
      upper: expect.stringMatching(`^${end.getTime().toString(16).padStart(12, '0').slice(0, 8)}-`),
    });
    expect(partitions.at(-1)).toEqual({ partition: 'audit_events_default', upper: null });
    expect(
      await query(url, `SELECT DISTINCT tableoid::regclass::text AS in FROM audit_events WHERE id::text LIKE 'ffff%'`),
    ).toEqual([{ in: 'audit_events_default' }]);
  });

  it('lets roles that insert events create partitions, and no others', async () => {
    const of = async (name: string): Promise<unknown> =>
      await query(
        url,
        `SELECT has_function_privilege('${name}', 'audit_events_create_partitions(int)', 'EXECUTE') AS may`,
      );

    expect([await of(role), await of('pg_monitor')]).toEqual([[{ may: true }], [{ may: false }]]);
  });

  it.each(['UPDATE audit_events SET ip = NULL', 'DELETE FROM audit_events', 'TRUNCATE audit_events_initial'])(
    'prevents changes as before: %s',
    async (sql) => {
      await expect(query(url, sql)).rejects.toMatchObject({ message: 'audit_events is append-only' });
    },
  );
});
