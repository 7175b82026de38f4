import { describe, expect, it, jest } from '@jest/globals';
import { PoolWaits } from '../../src/platform/database/pool-waits.ts';
import { startApp } from '../harness/app/app.ts';
import { SubscriptionClient } from '../harness/http/subscription-client.ts';

const { app, api, factory } = await startApp({
  GRAPHQL: 'on',
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://api.example.com',
  RATE_LIMIT_REQUESTS: '6',
  RATE_LIMIT_WINDOW_SECONDS: '3600',
  AUTH_MFA_REQUIRED_ROLES: 'admin',
  OVERLOAD_POOL_WAIT_MS: '10000',
});
const jobEvents = 'subscription { jobEvents(id: "1") { seq } }';

async function connect(user: Parameters<typeof api.tokensOf>[0]): Promise<SubscriptionClient> {
  const { accessToken } = await api.tokensOf(user);
  return await SubscriptionClient.connect(api.baseUrl, { Authorization: `Bearer ${accessToken}` });
}

describe('An overloaded process', () => {
  it('refuses handshakes', async () => {
    const aMinuteAgo = performance.now() - 60_000;
    jest.spyOn(performance, 'now').mockReturnValueOnce(aMinuteAgo);
    const end = app.get(PoolWaits).begin();

    await expect(SubscriptionClient.open(api.baseUrl)).rejects.toThrow('503');
    end();
  });
});

describe('The rate limit', () => {
  it('counts connections and subscriptions of a user, and handshakes of an IP address', async () => {
    const user = await factory.user();
    const client = await connect(user);
    const subscriptions = Array.from({ length: 6 }, () => client.subscribe(jobEvents));
    for (const subscription of subscriptions) await subscription.end();

    const codes = subscriptions.map(({ problems }) => problems[0]?.extensions['code']);
    expect(codes.toSorted()).toEqual([...Array<string>(5).fill('validation_failed'), 'too_many_requests'].toSorted());
    expect(await (await connect(user)).close()).toBe(1013);
    expect(await (await connect(await factory.admin())).close()).toBe(4403);
    // Two logins and three handshakes precede.
    expect(await (await SubscriptionClient.open(api.baseUrl)).close()).toBe(4408);
    await expect(SubscriptionClient.open(api.baseUrl)).rejects.toThrow('429');
  });
});
