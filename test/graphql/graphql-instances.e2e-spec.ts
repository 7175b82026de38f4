import { describe, expect, it } from '@jest/globals';
import { productionEnvironment } from '../harness/app/environment.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { Api } from '../harness/http/api.ts';
import { graphql } from '../harness/http/graphql.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';
import { onTeardown, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const database = await createDatabase();
onTeardown(database.drop);
const variables = { ...productionEnvironment, GRAPHQL: 'on', DATABASE_URL: database.url };
const factory = new Factory(database);
const process = ServiceProcess.start(temporaryFolder(), variables);
const otherProcess = ServiceProcess.start(temporaryFolder(), variables);
const one = new Api(await process.url());
const other = new Api(await otherProcess.url());

const document = '{ me { id } }';

describe('A session that was revoked by a mutation', () => {
  it('is refused by another instance', async () => {
    const user = await factory.user();
    const revoking = bearerOf(await one.logIn(user));
    const revoked = bearerOf(await one.logIn(user));
    const statusOnOther = async (): Promise<number> =>
      (await other.post('/graphql', { query: document }, revoked)).status;
    // Twice, so that it has cached the session.
    expect([await statusOnOther(), await statusOnOther()]).toEqual([200, 200]);
    const { data } = await graphql(one, '{ sessions { edges { node { id current } } } }', {}, revoking);
    const { edges } = data?.['sessions'] as { edges: { node: { id: string; current: boolean } }[] };
    const id = edges.find(({ node }) => !node.current)?.node.id;

    const result = await graphql(one, 'mutation ($id: ID!) { revokeSession(id: $id) }', { id }, revoking);

    expect(result).toMatchObject({ errors: [], data: { revokeSession: id } });
    await waitUntil('the other instance refuses the session', async () => (await statusOnOther()) === 401);
  });
});

describe('A role that was removed by a mutation', () => {
  it('is refused by another instance', async () => {
    const [admin, demoted] = [await factory.admin(), await factory.admin()];
    const bearer = bearerOf(await one.logIn(demoted));
    const canRead = async (): Promise<boolean> => {
      const { errors } = await graphql(other, '{ users(first: 1) { total { count } } }', {}, bearer);
      return errors.length === 0;
    };
    expect([await canRead(), await canRead()]).toEqual([true, true]);

    const { errors } = await graphql(
      one.as(admin),
      'mutation ($id: ID!) { updateUser(id: $id, ifMatch: "*", input: { roles: ["user"] }) { roles } }',
      { id: demoted.id },
    );

    expect(errors).toEqual([]);
    await waitUntil('the other instance refuses the role', async () => !(await canRead()));
  });
});

describe('A service in production', () => {
  it('has no introspection and no suggestions, and logs the operation without its variables', async () => {
    const asAdmin = one.as(await factory.admin());

    expect(await one.get('/graphiql/')).toBeProblem('not-found', 404);
    const introspection = await graphql(asAdmin, '{ __schema { types { name } } }');
    const probe = await graphql(asAdmin, 'query ($s: UserSort) { usrs(sort: $s) { total { count } } }', { s: 'emial' });
    const value = await graphql(asAdmin, 'query ($s: UserSort) { users(sort: $s) { total { count } } }', {
      s: 'emial',
    });
    const named = await graphql(asAdmin, 'query Find($p: String) { users(email: $p) { total { count } } }', {
      p: 'private@example.com',
    });

    for (const { data, errors } of [introspection, probe, value]) {
      expect(data).toBeUndefined();
      expect(errors[0]).toMatchObject({ extensions: { code: 'invalid_graphql_document' } });
      expect(JSON.stringify(errors)).not.toContain('Did you mean');
    }
    expect(introspection.errors[0]?.message).toContain('introspection');
    expect(named.errors).toEqual([]);
    await graphql(asAdmin, `query Long${'g'.repeat(10_000)} { me { id } }`);
    await waitUntil('the lines of the operations', () => process.output.includes('"graphqlOperation":"Long'));
    expect(process.output).toContain('"graphqlOperation":"Find"');
    expect(process.output).not.toContain('g'.repeat(128));
    expect(process.output).not.toContain('private@example.com');
  });
});
