import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { Client } from 'undici';
import { percentile } from './figures.ts';
import { GetConnections } from './open-loop.ts';

/** The request, the number of connections and the duration. */
export interface LoadOrder {
  readonly url: string;
  readonly path: string;
  /** JSON to send by POST, unless the rate is fixed; a GET has none. */
  readonly body?: string;
  /** Access tokens, used in turn. */
  readonly tokens: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second, independent of responses; when absent, each response starts the next request. */
  readonly perSecond?: number;
  /** Whether 503 with Retry-After is a valid response; any other than 200 ends the generator. */
  readonly allowsRefusals?: boolean;
}

/** A busy machine delays the generator as well; its own delay is part of the latency. */
const lateMs = 5;

/** Latencies are measured from the time when a request was due. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The share of the requests that the generator itself sent more than 5 ms after they were due. */
  readonly lateShare: number;
  /** Responses with 503, which the members above do not include; their latencies count from when they were sent. */
  readonly refused?: { readonly requests: number; readonly p50Ms: number; readonly p99Ms: number };
}

/*
 * The clients, in a separate process: as fast as responses arrive, or at a fixed rate.
 */

process.on('message', (order: LoadOrder) => {
  void (order.perSecond === undefined ? saturate(order) : keepRate(order, order.perSecond)).then((result) =>
    process.send?.(result),
  );
});
process.once('disconnect', () => process.exit(0));
process.send?.({ url: '' });

async function saturate({ url, path, body, tokens, connections, seconds }: LoadOrder): Promise<LoadResult> {
  const clients = Array.from({ length: connections }, () => new Client(url, { pipelining: 1 }));
  const latencies: number[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  await Promise.all(
    clients.map(async (client, at) => {
      const content = body === undefined ? {} : { 'content-type': 'application/json' };
      const request: Request = { path, headers: { ...bearer(tokens[at % tokens.length]), ...content }, body };
      for (let now = performance.now(); now < end;) {
        await send(client, request);
        const receivedAt = performance.now();
        latencies.push(receivedAt - now);
        now = receivedAt;
      }
    }),
  );
  const took = performance.now() - begin;
  await Promise.all(
    clients.map(async (client) => {
      await client.close();
    }),
  );
  return result(latencies, took);
}

async function keepRate(order: LoadOrder, perSecond: number): Promise<LoadResult> {
  const { url, path, tokens, connections, seconds, allowsRefusals = false } = order;
  const clients = await GetConnections.open(url, connections);
  const { host } = new URL(url);
  const requests = tokens.map(
    (token) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  const latencies: number[] = [];
  const refusals: number[] = [];
  const count = Math.round(perSecond * seconds);
  let late = 0;
  const ended = Promise.withResolvers<undefined>();
  const begin = performance.now();
  for (let at = 0; at < count;) {
    for (; at < count && begin + (at / perSecond) * 1000 <= performance.now(); at += 1) {
      const due = begin + (at / perSecond) * 1000;
      if (performance.now() - due > lateMs) late += 1;
      clients.send(requests[at % requests.length] ?? '', ({ status, head, sentAt }) => {
        const isRefusal = allowsRefusals && status === 503 && /\r\nretry-after: \d/i.test(head);
        if (status !== 200 && !isRefusal) throw new Error(`Unexpected response:\n${head}`);
        if (isRefusal) refusals.push(performance.now() - sentAt);
        else latencies.push(performance.now() - due);
        if (latencies.length + refusals.length === count) ended.resolve(undefined);
      });
    }
    await delay(1);
  }
  await ended.promise;
  const took = performance.now() - begin;
  clients.close();
  const refused = { requests: refusals.length, p50Ms: percentile(refusals, 0.5), p99Ms: percentile(refusals, 0.99) };
  return { ...result(latencies, took), lateShare: late / count, refused };
}

function bearer(token: string | undefined): Record<string, string> {
  return { authorization: `Bearer ${token ?? ''}` };
}

interface Request {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

async function send(client: Dispatcher, { path, headers, body }: Request): Promise<void> {
  const method = body === undefined ? 'GET' : 'POST';
  await new Promise<void>((resolve, reject) => {
    let status = 0;
    client.dispatch(
      { path, method, headers, ...(body !== undefined && { body }) },
      {
        // undici distinguishes its newer handlers by this method.
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: () => undefined,
        onResponseEnd: () => {
          if (status === 200) resolve();
          else reject(new Error(`${method} ${path} returned ${status}`));
        },
        onResponseError: (_controller, error) => {
          reject(error);
        },
      },
    );
  });
}

function result(latencies: readonly number[], tookMs: number): LoadResult {
  return {
    requests: latencies.length,
    perSecond: (latencies.length / tookMs) * 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    lateShare: 0,
  };
}
