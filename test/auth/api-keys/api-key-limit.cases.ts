import { describe, expect, it } from '@jest/globals';
import { limitsApp } from '../../harness/app/limits-app.ts';
import type { Api, ApiResponse } from '../../harness/http/api.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const { api, factory, database } = await limitsApp();
const mailbox = new Mailbox(api);

const create = async (user: Api): Promise<ApiResponse> =>
  await user.post('/v1/auth/api-keys', { name: 'Test', scopes: [] });
const rotate = async (user: Api, { body }: ApiResponse): Promise<ApiResponse> =>
  await user.post(`/v1/auth/api-keys/${(body as { id: string }).id}/rotate`, {});

describe('The number of API keys of a user', () => {
  it('is limited, also for concurrent requests', async () => {
    const [user, other] = [api.as(await factory.user()), api.as(await factory.user())];
    await user.get('/v1/users/me');

    const responses = await Promise.all(Array.from({ length: 4 }, async () => await create(user)));

    expect(responses.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    expect(await create(user)).toBeProblem('too-many-api-keys', 409);
    expect((await create(other)).status).toBe(201);
  });

  it('does not count revoked and expired keys', async () => {
    const owner = await factory.user();
    const user = api.as(owner);
    const [first, second] = [await create(user), await create(user)];

    await user.delete(`/v1/auth/api-keys/${(first.body as { id: string }).id}`);
    const afterRevocation = await create(user);
    await database.pool.query('UPDATE api_keys SET expires_at = now() WHERE user_id = $1', [owner.id]);

    expect([second, afterRevocation, await create(user)].map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  it('allows rotations, as long as few replaced keys are valid', async () => {
    const user = api.as(await factory.user());
    const [one, two] = [await create(user), await create(user)];

    const first = await rotate(user, two);
    const second = await rotate(user, first);

    expect([one, two, first, second].map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(await rotate(user, second)).toBeProblem('too-many-api-keys', 409);
    expect(((await user.get('/v1/auth/api-keys')).body as { data: unknown[] }).data).toHaveLength(4);
  });
});

describe('POST /v1/auth/api-keys', () => {
  it('notifies the account owner, unless no key was created', async () => {
    const owner = await factory.user();
    await create(api.as(owner));
    const first = await mailbox.subjectsTo(owner.email);
    await create(api.as(owner));
    const created = await mailbox.subjectsTo(owner.email);

    expect(await create(api.as(owner))).toBeProblem('too-many-api-keys', 409);

    expect(first).toEqual(['An API key was created']);
    expect(await mailbox.subjectsTo(owner.email)).toEqual(created);
  });
});
