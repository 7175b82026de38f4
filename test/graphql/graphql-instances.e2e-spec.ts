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
const [one, other] = await Promise.all(
  [1, 2].map(async () => new Api(await ServiceProcess.start(temporaryFolder(), variables).url())),
);
if (one === undefined || other === undefined) throw new Error('There are no two instances');

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
