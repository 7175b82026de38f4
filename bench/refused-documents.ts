import { getIntrospectionQuery } from 'graphql';
import { Client } from 'undici';
import { refusedRequests, repeated } from '../test/harness/http/refused-documents.ts';
import { probe } from '../test/harness/process/probe.ts';
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

/** What a service must not execute. */
const requests: Readonly<Record<string, object>> = {
  '10,000 aliases': refusedRequests.tenThousandAliases,
  '51 aliases': refusedRequests.tooManyAliases,
  'depth 50': refusedRequests.tooDeep,
  '1 MiB': refusedRequests.oneMiB,
  'circular fragments': refusedRequests.circularFragments,
  'fragments that double the fields 20 times': refusedRequests.doublingFragments,
  'a batch of 1,000': refusedRequests.batch,
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
  await using livez = probe(`${url}/livez`);
  for (const [document, body] of Object.entries(requests)) {
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
  return { refusals, livezMaxMs: await livez.slowestMs() };
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
