import { describe, expect, it } from '@jest/globals';
import type { PlacedOperation } from '../harness/openapi/api-document.ts';
import { namedSchemas, requestContentOf, takesJson } from '../harness/openapi/api-document.ts';
import { operationsWhere } from '../harness/openapi/example-requests.ts';
import { validatingFetch } from '../harness/openapi/validating-client.ts';
import { resolved } from '../harness/openapi/resolved-schemas.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { exampleProvider, operationsApp } from './operations-app.ts';
import { forgedMembers } from './rule-tables.ts';

/*
 * Sends members that no client may set in the body of every write operation of the document, including those of new
 * features (OWASP API3:2023, ASVS 15.3.3).
 */

const { api, factory, database } = await operationsApp();
const admin = await factory.admin();
const { accessToken } = await api.tokensOf(admin);
const victim = await factory.user();

const forged = forgedMembers(admin.id);

/** The documented members of the body. */
function membersOf(operation: PlacedOperation): readonly string[] {
  const { schema } = requestContentOf(operation) ?? {};
  const { properties = {} } = schema === undefined ? {} : resolved(schema, { components: { schemas: namedSchemas } });
  return Object.keys(properties);
}

/** All tables that a forged member could change; invalidations and audit events of failures are excluded. */
async function everything(): Promise<unknown> {
  const tables = [
    'users',
    'sessions',
    'refresh_tokens',
    'one_time_tokens',
    'api_keys',
    'mails',
    'job_schedules',
    'totp_factors',
    'recovery_codes',
    'identities',
    'oauth_logins',
    'passkeys',
  ];
  // The service deletes encrypted successors of refresh tokens by itself.
  const row = `to_jsonb(t) - 'encrypted_successor'`;
  const parts = tables.map((table) => `(SELECT json_agg(${row} ORDER BY t.id) FROM ${table} t) AS ${table}`);
  // Workers and the scheduler change jobs at any time.
  parts.push('(SELECT json_agg(id ORDER BY id) FROM jobs WHERE schedule_id IS NULL) AS jobs');
  // The service deletes them itself when the reuse interval has passed.
  await database.pool.query(
    'UPDATE refresh_tokens SET encrypted_successor = NULL WHERE encrypted_successor IS NOT NULL',
  );
  // Delivery changes an email.
  await waitUntil('the emails of earlier cases are delivered', async () => {
    const { rows } = await database.pool.query(
      `SELECT FROM jobs WHERE type = 'mail.send' AND state IN ('queued', 'running')`,
    );
    return rows.length === 0;
  });
  // The scheduler changes schedules without a request.
  await database.pool.query('UPDATE job_schedules SET paused_at = coalesce(paused_at, now())');
  return (await database.pool.query(`SELECT ${parts.join(', ')}`)).rows;
}

describe('Members that no client may set', () => {
  it.each(operationsWhere((operation) => operation.method !== 'GET' && takesJson(operation)))(
    'are rejected by name, and nothing is changed: %s',
    async (_, to) => {
      const own = membersOf(to);
      const extra = Object.fromEntries(Object.entries(forged).filter(([name]) => !own.includes(name)));
      const example = requestContentOf(to)?.example ?? {};
      const before = await everything();

      const reply = await validatingFetch(
        new Request(
          api.baseUrl +
            to.path
              .replace('{name}', 'default')
              .replace('{provider}', exampleProvider)
              .replaceAll(/\{\w+\}/g, victim.id),
          {
            method: to.method,
            headers: { 'Content-Type': 'application/json', 'If-Match': '*', Authorization: `Bearer ${accessToken}` },
            body: JSON.stringify({ ...example, ...extra }),
          },
        ),
      );

      const { errors } = (await reply.json()) as { errors: { pointer: string; code: string }[] };
      expect(reply.status).toBe(422);
      const refused = errors.filter(({ code }) => code === 'unknown_member').map(({ pointer }) => pointer.slice(2));
      // An operation without a body rejects the whole body.
      expect(refused.sort()).toEqual(to.requestBody === undefined ? [''] : Object.keys(extra).sort());
      expect(Object.keys(extra).length).toBeGreaterThan(8);
      expect(await everything()).toEqual(before);
    },
  );
});
