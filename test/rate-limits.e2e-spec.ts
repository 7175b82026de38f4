import { describe, expect, it } from '@jest/globals';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';

const limit = 5;
const { api, given } = await start({
  RATE_LIMIT_REQUESTS: String(limit),
  RATE_LIMIT_WINDOW_SECONDS: '3600',
  TRUSTED_PROXY_HOPS: '1',
});
const window = { t: expect.stringMatching(/^3(600|59\d)$/) };
let counter = 0;

/** An address that has not been counted yet. */
function freshAddress(): Record<string, string> {
  counter += 1;
  return { 'X-Forwarded-For': `198.51.100.${counter}` };
}

async function repeat(times: number, send: () => Promise<Reply>): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let at = 0; at < times; at += 1) replies.push(await send());
  return replies;
}

function statuses(replies: readonly Reply[]): number[] {
  return replies.map(({ status }) => status);
}

/** What is left, and for how many seconds. */
function left({ headers }: Reply): Record<string, string> {
  const [, r = '', t = ''] = /^"default";r=(\d+);t=(\d+)$/.exec(headers['ratelimit'] ?? '') ?? [];
  return { r, t };
}

describe('A stranger', () => {
  it('has so many requests in a window, and is told what is left', async () => {
    const from = freshAddress();

    const replies = await repeat(limit + 1, async () => await api.get('/problems', from));

    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(replies[0]?.headers['ratelimit-policy']).toBe(`"default";q=${limit};w=3600`);
    expect(replies.slice(0, 2).map(left)).toEqual([
      { r: '4', ...window },
      { r: '3', ...window },
    ]);
    const refused = replies[limit];
    expect(refused).toBeProblem('too-many-requests', 429);
    expect(refused?.headers['retry-after']).toMatch(/^3(600|59\d)$/);
    expect(Object.keys(refused?.headers ?? {}).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
  });

  it('is counted for what leads nowhere and for what can not be read', async () => {
    const from = freshAddress();
    const bad = async (): Promise<Reply> =>
      await api.post('/v1/auth/login', undefined, { ...from, 'Content-Type': 'a/b' });

    const replies = [
      ...(await repeat(2, async () => await api.get('/nowhere', from))),
      ...(await repeat(3, bad)),
      await api.get('/problems', from),
    ];

    expect(statuses(replies).at(-1)).toBe(429);
    expect(statuses(replies).filter((status) => status === 429)).toHaveLength(1);
  });

  it('is no other than the rest of the /64', async () => {
    const from = (host: string): Record<string, string> => ({ 'X-Forwarded-For': `2001:db8:7:7${host}` });
    await repeat(limit, async () => await api.get('/problems', from('::1')));

    expect((await api.get('/problems', from(':1:2:3:4'))).status).toBe(429);
    expect((await api.get('/problems', { 'X-Forwarded-For': '2001:db8:7:8::1' })).status).toBe(200);
  });

  it('is known by the proxy that is trusted, not by what was sent to it', async () => {
    const address = freshAddress()['X-Forwarded-For'] ?? '';
    const replies = await repeat(limit + 1, async () => {
      counter += 1;
      return await api.get('/problems', { 'X-Forwarded-For': `203.0.113.${counter}, ${address}` });
    });

    expect(statuses(replies).at(-1)).toBe(429);
  });

  it('may always ask for probes, the document and the public keys', async () => {
    const from = freshAddress();
    await repeat(limit + 1, async () => await api.get('/problems', from));

    for (const path of ['/livez', '/readyz', '/health/live', '/docs/openapi.json', '/.well-known/jwks.json']) {
      const reply = await api.get(path, from);
      expect({ path, status: reply.status, limit: reply.headers['ratelimit'] }).toEqual({ path, status: 200 });
    }
  });
});

describe('A user', () => {
  it('is counted by themselves, whatever the address, and leaves others alone', async () => {
    const [ada, bob] = [await given.user(), await given.user()];
    const login = async (who: { email: string; password: string }): Promise<string> => {
      const { email, password } = who;
      const reply = await api.post('/v1/auth/login', { email, password }, freshAddress());
      return `Bearer ${(reply.body as { accessToken: string }).accessToken}`;
    };
    const me = async (Authorization: string, from: Record<string, string>): Promise<Reply> =>
      await api.get('/v1/users/me', { Authorization, ...from });
    const [first, second, other] = [await login(ada), await login(ada), await login(bob)];
    const shared = freshAddress();
    const turns = [first, second, first, second, first];

    const replies = await Promise.all(turns.map(async (token) => await me(token, freshAddress())));

    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200]);
    expect(await me(second, freshAddress())).toBeProblem('too-many-requests', 429);
    expect((await me(other, shared)).status).toBe(200);
    expect(left(await api.get('/problems', shared))).toEqual({ r: '4', ...window });
  });

  it('is a stranger as long as the token is no good', async () => {
    const from = freshAddress();
    const bad = { ...from, Authorization: 'Bearer nonsense' };

    const replies = await repeat(limit + 3, async () => await api.get('/v1/users/me', bad));

    expect(statuses(replies).slice(0, limit)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses(replies).at(-1)).toBe(429);
    expect((await api.get('/problems', from)).status).toBe(429);
  });
});
