import { setTimeout as delay } from 'node:timers/promises';
import { getIntrospectionQuery } from 'graphql';
import { Client } from 'undici';
import { median } from './figures.ts';

/** How long one kind of document takes to be refused, from the first byte sent to the last one received. */
export interface Refusal {
  readonly document: string;
  readonly code: string;
  /** The first request, which the JIT compiler has not seen. */
  readonly firstMs: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

const times = 50;

function repeated(count: number, part: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => part(at)).join(' ');
}

/** Documents that a service must not execute. */
const documents: Readonly<Record<string, object>> = {
  '10,000 aliases': { query: `{ ${repeated(10_000, (at) => `a${at}: __typename`)} }` },
  '51 aliases': { query: `{ ${repeated(51, (at) => `a${at}: me { id }`)} }` },
  'depth 50': { query: `${'{ users '.repeat(50)}{ id }${' }'.repeat(50)}` },
  '1 MiB': { query: `{ me { id } } #${'x'.repeat(1024 * 1024)}` },
  'circular fragments': { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
  'fragments that double the fields 20 times': {
    query:
      `{ ...F0 } ${repeated(20, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)}` +
      'fragment F20 on Query { me { id } }',
  },
  'a batch of 1,000': Array.from({ length: 1000 }, () => ({ query: '{ me { id } }' })),
  introspection: { query: getIntrospectionQuery() },
  'an unknown field': { query: '{ me { emial } }' },
  '490 unknown fields': { query: `{ me { ${repeated(490, (at) => `emial${at}`)} } }` },
};

/** Sends each document 50 times to a service in production, one request after the other, while others read /livez. */
export async function measureRefusals(
  url: string,
  token: string,
): Promise<{ refusals: Refusal[]; livezMaxMs: number }> {
  const client = new Client(url);
  const refusals: Refusal[] = [];
  const livez = probe(url);
  for (const [document, body] of Object.entries(documents)) {
    const tookMs: number[] = [];
    let code = '';
    for (let time = 0; time < times; time += 1) {
      const begin = performance.now();
      code = await codeOf(client, { token, body: unique(body, time) });
      tookMs.push(performance.now() - begin);
    }
    const [firstMs = Number.NaN] = tookMs;
    refusals.push({ document, code, firstMs, medianMs: median(tookMs), maxMs: Math.max(...tookMs) });
  }
  await client.close();
  return { refusals, livezMaxMs: await livez() };
}

/** A comment of its own, so that the service has no stored result of the document. */
function unique(body: object, time: number): string {
  return JSON.stringify('query' in body ? { query: `${String(body.query)}\n# ${time}` } : body);
}

/**
 * The code of the problem.
 * @throws when the document was executed, or when an error suggests a name
 */
async function codeOf(client: Client, { token, body }: { token: string; body: string }): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await client.request({ method: 'POST', path: '/graphql', headers, body });
  const text = await response.body.text();
  const result = JSON.parse(text) as {
    readonly code?: string;
    readonly data?: unknown;
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
  };
  const code = result.code ?? result.errors?.[0]?.extensions?.code;
  if (code === undefined || result.data !== undefined || text.includes('Did you mean'))
    throw new Error(`The document was not refused: ${text.slice(0, 500)}`);
  return code;
}

/** Reads /livez all the time. The function that it returns ends that, and has the longest response time in milliseconds. */
function probe(url: string): () => Promise<number> {
  const client = new Client(url);
  const stop = new AbortController();
  let maxMs = 0;
  const done = (async () => {
    while (!stop.signal.aborted) {
      const begin = performance.now();
      const { statusCode, body } = await client.request({ method: 'GET', path: '/livez' });
      await body.dump();
      if (statusCode !== 200) throw new Error(`/livez responded with ${statusCode}`);
      maxMs = Math.max(maxMs, performance.now() - begin);
      await delay(5);
    }
  })();
  return async () => {
    stop.abort();
    await done;
    await client.close();
    return maxMs;
  };
}
