import { describe, expect, it } from '@jest/globals';
import { graphql } from '../harness/http/graphql.ts';
import { graphqlApp } from './graphql-app.ts';

const { api, factory } = await graphqlApp();
const admin = await factory.admin();

const jobFields = `id type state queue priority ownerId attempts maxAttempts progress { done total } result
  error { name message } runAt createdAt startedAt finishedAt`;

async function createJob(owner: Parameters<typeof api.as>[0]): Promise<{ readonly id: string }> {
  const payload = { type: 'account.export', payload: {}, runAt: new Date(Date.now() + 3_600_000).toISOString() };
  const { status, body } = await api.as(owner).post('/v1/jobs', payload);
  expect(status).toBe(202);
  return body as { id: string };
}

describe('The queries job and jobs', () => {
  it('return the jobs of the caller as the API does', async () => {
    const user = await factory.user();
    const { id } = await createJob(user);
    const { body } = await api.as(user).get(`/v1/jobs/${id}`);

    const { data, errors } = await graphql(
      api.as(user),
      `query ($id: ID!) { job(id: $id) { ${jobFields} } jobs(state: scheduled) { edges { node { ${jobFields} } } } }`,
      { id },
    );

    expect(errors).toEqual([]);
    expect(data).toEqual({ job: body, jobs: { edges: [{ node: body }] } });
  });

  it('return no job of another user without jobs:read', async () => {
    const [user, other] = [await factory.user(), await factory.user()];
    const { id } = await createJob(other);
    const document =
      'query ($id: ID!, $owner: ID) { job(id: $id) { id } jobs(owner: $owner) { edges { node { id } } } }';

    const ofUser = await graphql(api.as(user), document, { id, owner: other.id });
    const ofAdmin = await graphql(api.as(admin), document, { id, owner: other.id });

    expect(ofUser.data).toEqual({ job: null, jobs: null });
    const problemAt = ({ path, extensions }: (typeof ofUser.errors)[number]): unknown => [
      path?.[0],
      extensions['code'],
    ];
    expect(ofUser.errors.map(problemAt).sort()).toEqual([
      ['job', 'not_found'],
      ['jobs', 'forbidden'],
    ]);
    expect(ofAdmin.data).toEqual({ job: { id }, jobs: { edges: [{ node: { id } }] } });
  });

  it('have the owner of each job, for callers with users:read and for the owner', async () => {
    const users = [await factory.user(), await factory.user()];
    for (const user of users) await createJob(user);
    const document = '{ jobs(first: 2) { edges { node { owner { email etag } } } } }';

    const ofAdmin = await graphql(api.as(admin), document);
    const ofOwner = await graphql(api.as(users[0] ?? admin), document);

    const nodes = users.map(({ email }) => ({ node: { owner: { email, etag: '"1"' } } }));
    expect(ofAdmin.errors).toEqual([]);
    expect(ofAdmin.data).toEqual({ jobs: { edges: nodes.toReversed() } });
    expect(ofOwner.data).toEqual({ jobs: { edges: [nodes[0]] } });
  });
});

describe('The query jobTypes', () => {
  it('returns the types that the caller may create', async () => {
    const user = await factory.user();
    const { body } = await api.as(user).get('/v1/job-types');

    const { data, errors } = await graphql(
      api.as(user),
      '{ jobTypes { name description permission queue attempts payload result } }',
    );

    expect(errors).toEqual([]);
    expect(data).toEqual({ jobTypes: (body as { data: unknown }).data });
  });
});

describe('The query auditEvents', () => {
  it('returns the events with their users', async () => {
    const user = await factory.user();
    expect((await api.as(admin).post(`/v1/users/${user.id}/disable`)).status).toBe(200);
    const { body } = await api.as(admin).get(`/v1/audit-events?subjectId=${user.id}&event=authz_admin`);

    const { data, errors } = await graphql(
      api.as(admin),
      `query ($id: ID) {
        auditEvents(subjectId: $id, event: "authz_admin") {
          edges { node { id at event outcome actorId subjectId sessionId reason ip userAgent requestId traceId
            actor { email } subject { email status } } }
        }
      }`,
      { id: user.id },
    );

    expect(errors).toEqual([]);
    const [event] = (body as { data: object[] }).data;
    const users = { actor: { email: admin.email }, subject: { email: user.email, status: 'disabled' } };
    expect(data).toEqual({ auditEvents: { edges: [{ node: { ...event, ...users } }] } });
  });

  it('requires audit:read, and users:read for its users, whose denial is recorded once', async () => {
    const user = await factory.user();
    const document = '{ auditEvents(first: 10) { edges { node { id actor { id } subject { id } } } } }';

    const { errors } = await graphql(api.as(user), document);

    expect(errors).toMatchObject([{ path: ['auditEvents'], extensions: { code: 'forbidden' } }]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authz_fail' })).toHaveLength(1);
  });
});

describe('The query sessions', () => {
  it('returns the sessions of the caller', async () => {
    const user = await factory.user();
    const { body } = await api.as(user).get('/v1/auth/sessions');

    const { data, errors } = await graphql(
      api.as(user),
      '{ sessions { edges { node { id createdAt lastUsedAt ip userAgent amr current } } total { count } } }',
    );

    expect(errors).toEqual([]);
    const nodes = (body as { data: object[] }).data.map((node) => ({ node }));
    expect(data).toEqual({ sessions: { edges: nodes, total: { count: 1 } } });
  });
});
