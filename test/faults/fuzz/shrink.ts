import type { WireRequest } from './http-client.ts';

/** So many requests are spent on making one smaller. */
const tries = 60;

/** The smallest request found, by leaving out one part after the other, of which the same can be said. */
export async function smaller(
  request: WireRequest,
  same: (candidate: WireRequest) => Promise<boolean>,
): Promise<WireRequest> {
  let least = request;
  let left = tries;
  for (let again = true; again;) {
    again = false;
    for (const candidate of candidates(least)) {
      if ((left -= 1) < 0) return least;
      if (!(await same(candidate))) continue;
      least = candidate;
      again = true;
      break;
    }
  }
  return least;
}

function* candidates(request: WireRequest): Generator<WireRequest> {
  const { headers, target, body } = request;
  for (let at = 0; at < headers.length; at += 1)
    yield { ...request, headers: headers.filter((_, other) => other !== at) };
  const [path = '', query = ''] = target.split(/\?(.*)/s, 2);
  const pairs = query.split('&').filter((pair) => pair !== '');
  for (let at = 0; at < pairs.length; at += 1) {
    const rest = pairs.filter((_, other) => other !== at).join('&');
    yield { ...request, target: rest === '' ? path : `${path}?${rest}` };
  }
  if (body === undefined) return;
  yield { ...request, body: undefined };
  for (const text of smallerBodies(body)) yield { ...request, body: Buffer.from(text) };
}

/** Without one of its members, if it is an object. */
function smallerBodies(body: Buffer): string[] {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    const members = Object.entries(value);
    return members.map((_, at) => JSON.stringify(Object.fromEntries(members.filter((__, other) => other !== at))));
  } catch {
    return [];
  }
}
