import { isDeepStrictEqual } from 'node:util';

/** Differ from request to request, or contain the time. */
const own = new Set(['date', 'ratelimit', 'x-request-id']);

/**
 * Compares the responses of these servers: status, headers and the bytes of the body.
 * @throws when one of them differs
 */
export async function sameResponses(urls: readonly string[], paths: readonly string[], token: string): Promise<void> {
  for (const path of paths) {
    const [first, ...others] = await Promise.all(urls.map(async (url) => await replyOf(`${url}${path}`, token)));
    for (const other of others) {
      if (isDeepStrictEqual(first, other)) continue;
      throw new Error(`GET ${path} has two different responses:\n${JSON.stringify([first, other], undefined, 2)}`);
    }
  }
}

async function replyOf(url: string, token: string): Promise<object> {
  const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const headers = Object.fromEntries([...reply.headers].filter(([name]) => !own.has(name)));
  return { status: reply.status, names: [...reply.headers.keys()], headers, body: await reply.text() };
}

/**
 * Compares the bodies of these servers without the cursors of a list: a lean server has no opaque ones.
 * @throws when one of them differs
 */
export async function sameBodies(urls: readonly string[], paths: readonly string[], token: string): Promise<void> {
  for (const path of paths) {
    const bodies = await Promise.all(
      urls.map(async (url) => {
        const reply = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
        return (await reply.text()).replace(/"next":"[^"]*"/, '"next":""');
      }),
    );
    const [first] = bodies;
    if (bodies.some((body) => body !== first))
      throw new Error(`GET ${path} has different bodies:\n${bodies.join('\n')}`);
  }
}
