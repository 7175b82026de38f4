import { describe, expect, it } from '@jest/globals';
import { invalidJobFilters } from '../contracts/rule-tables.ts';
import type { Api, ApiResponse } from '../harness/http/api.ts';
import { jobsApp } from '../harness/app/jobs-app.ts';
import { createJob } from '../harness/http/job-calls.ts';

const { api, factory, database } = await jobsApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);
const later = { runAt: new Date(Date.now() + 3_600_000).toISOString() };
const steps = { type: 'test.steps', payload: { steps: 0 }, ...later };
const file = { type: 'test.file', payload: { filename: 'a', bytes: 0 }, ...later };

interface Page {
  readonly data: { readonly id: string; readonly ownerId: string }[];
  readonly page: { readonly next: string | null; readonly hasMore: boolean; readonly total?: number };
}

function ids(response: ApiResponse): string[] {
  return (response.body as Page).data.map(({ id }) => id);
}

async function owner(): Promise<{ id: string; as: Api }> {
  const user = await factory.user({ roles: [] });
  return { id: user.id, as: api.as(user) };
}

describe('GET /v1/jobs', () => {
  it("lists the caller's own jobs, the latest first", async () => {
    const [ada, bob] = [await owner(), await owner()];
    const first = await createJob(ada.as, steps);
    await createJob(bob.as, steps);
    const second = await createJob(ada.as, steps);

    expect(ids(await ada.as.get('/v1/jobs'))).toEqual([second, first]);
    expect(ids(await ada.as.get('/v1/jobs?sort=createdAt'))).toEqual([first, second]);
    expect(ids(await ada.as.get(`/v1/jobs?owner=${ada.id}`))).toEqual([second, first]);
  });

  it('lists the jobs of all users, or of one, with jobs:read', async () => {
    const ada = await owner();
    const id = await createJob(ada.as, steps);

    const all = (await asAdmin.get('/v1/jobs?limit=100')).body as Page;
    expect(new Set(all.data.map(({ ownerId }) => ownerId)).size).toBeGreaterThan(1);
    expect(ids(await asAdmin.get(`/v1/jobs?owner=${ada.id}`))).toEqual([id]);
  });

  it("returns 403 for another user's jobs without the permission, and writes an audit event", async () => {
    const ada = await owner();

    expect(await ada.as.get(`/v1/jobs?owner=${admin.id}`)).toBeProblem('forbidden', 403);
    expect(await factory.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: ada.id, reason: 'missing permission jobs:read' }),
    );
  });

  it('filters by type, state and time', async () => {
    const ada = await owner();
    const [one, two, three] = [
      await createJob(ada.as, steps),
      await createJob(ada.as, file),
      await createJob(ada.as, steps),
    ];
    await ada.as.post(`/v1/jobs/${three}/cancel`);
    await database.pool.query(`UPDATE jobs SET created_at = '2020-01-01T00:00:00Z' WHERE id = $1`, [one]);

    expect(ids(await ada.as.get('/v1/jobs?type=test.file'))).toEqual([two]);
    expect(ids(await ada.as.get('/v1/jobs?type=test.steps&state=scheduled'))).toEqual([one]);
    expect(ids(await ada.as.get('/v1/jobs?state=cancelled'))).toEqual([three]);
    expect(ids(await ada.as.get('/v1/jobs?createdBefore=2021-01-01T00:00:00Z'))).toEqual([one]);
    expect(ids(await ada.as.get('/v1/jobs?createdAfter=2021-01-01T00:00:00Z'))).toEqual([three, two]);
  });

  it('is paged by cursors that are valid for one user alone', async () => {
    const [ada, bob] = [await owner(), await owner()];
    const created = [await createJob(ada.as, steps), await createJob(ada.as, steps), await createJob(ada.as, steps)];

    const first = await ada.as.get('/v1/jobs?limit=2', { Prefer: 'return=total-count' });
    const { next, total } = (first.body as Page).page;
    expect(total).toBe(3);
    const second = await ada.as.get(`/v1/jobs?limit=2&cursor=${next ?? ''}`);
    expect([...ids(first), ...ids(second)]).toEqual(created.reverse());
    expect((second.body as Page).page.hasMore).toBe(false);
    expect(await bob.as.get(`/v1/jobs?cursor=${next ?? ''}`)).toBeProblem('invalid-cursor', 400);
  });

  it.each([...invalidJobFilters, 'limit=1e1'])('rejects %s', async (query) => {
    expect(await asAdmin.get(`/v1/jobs?${query}`)).toBeProblem('invalid-parameter', 400);
  });
});

describe('GET /v1/job-types', () => {
  interface Types {
    readonly data: { readonly name: string }[];
  }

  it('lists the types that the caller may create, with their schemas', async () => {
    const { as } = await owner();

    const response = await as.get('/v1/job-types');

    expect(response.status).toBe(200);
    const { data } = response.body as Types;
    expect(data.find(({ name }) => name === 'test.steps')).toEqual({
      name: 'test.steps',
      description: 'Does steps.',
      permission: 'any',
      queue: 'heavy',
      attempts: 1,
      payload: {
        type: 'object',
        properties: {
          steps: {
            ...{ type: 'integer', minimum: 0, maximum: 10_000, format: 'int32' },
            ...{ description: 'How many steps.', examples: [3] },
          },
          stepMs: expect.objectContaining({ type: 'integer' }),
          fails: { type: 'boolean', description: 'Whether it fails after the last step.' },
          note: expect.objectContaining({ type: 'string', maxLength: 100_000 }),
        },
        required: ['steps'],
        additionalProperties: false,
      },
      result: expect.objectContaining({ required: ['steps'] }),
    });
  });

  it('omits the types that the caller may not create, and internal types', async () => {
    const { as } = await owner();
    const names = (response: ApiResponse): string[] => (response.body as Types).data.map(({ name }) => name);
    const [ofUser, ofAdmin] = [names(await as.get('/v1/job-types')), names(await asAdmin.get('/v1/job-types'))];

    expect(ofUser).not.toContain('test.guarded');
    expect(ofAdmin).toContain('test.guarded');
    expect(ofAdmin).not.toContain('mail.send');
    expect(ofAdmin).toEqual([...ofAdmin].sort());
    expect(await api.get('/v1/job-types')).toBeProblem('unauthenticated', 401);
  });
});
