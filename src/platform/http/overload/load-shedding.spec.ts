import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Links } from '../../config/links.ts';
import { PoolWaits } from '../../database/pool-waits.ts';
import { LoadMonitor } from './load-monitor.ts';
import { shedLoad } from './load-shedding.ts';

const limits = { eventLoopLagMs: 30, poolWaitMs: 250 };

describe('LoadMonitor', () => {
  let now: number;
  let monitor: LoadMonitor;

  beforeEach(() => {
    now = 10_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    monitor = new LoadMonitor(limits);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** One iteration that receives this many requests, each of which takes 10 ms; returns how many were refused. */
  async function iteration(requests: number): Promise<number> {
    let refused = 0;
    for (let at = 0; at < requests; at += 1) {
      if (monitor.refusesNext({ needsDatabase: true })) refused += 1;
      else now += 10;
    }
    await turn();
    return refused;
  }

  it('refuses nothing in a single long iteration', async () => {
    expect(await iteration(100)).toBe(0);
    expect(await iteration(1)).toBe(0);
    expect(await iteration(49)).toBe(0);
  });

  it('accepts 30 ms of requests in each iteration once they were longer for 500 ms, until they are short for a second', async () => {
    for (let at = 0; at < 6; at += 1) expect(await iteration(10)).toBe(0);

    expect(await iteration(100)).toBe(96);
    now += 1001;
    await iteration(1);

    expect(await iteration(100)).toBe(0);
  });

  it('refuses requests that need the database while one waits longer than 250 ms for a connection', () => {
    const waits = new PoolWaits();
    let counted = 0;
    monitor.watch(waits, () => (counted += 1));
    const end = waits.begin();
    now += 250;
    expect(monitor.refusesNext({ needsDatabase: true })).toBe(false);
    now += 1;
    expect(monitor.refusesNext({ needsDatabase: false })).toBe(false);
    expect(monitor.refusesNext({ needsDatabase: true })).toBe(true);
    end();

    expect(monitor.refusesNext({ needsDatabase: true })).toBe(false);
    expect(counted).toBe(1);
  });

  it('has no limit of 0', async () => {
    monitor = new LoadMonitor({ eventLoopLagMs: 0, poolWaitMs: 0 });
    for (let at = 0; at < 10; at += 1) expect(await iteration(10)).toBe(0);
  });
});

describe('shedLoad', () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    const load = new LoadMonitor({ eventLoopLagMs: 0, poolWaitMs: Number.MIN_VALUE });
    const waits = new PoolWaits();
    waits.begin();
    load.watch(waits, () => undefined);
    const config = { corsOrigins: ['https://app.example.com'], sameSiteCookies: false };
    const serve = shedLoad((_, response) => response.end('served'), {
      load,
      links: new Links('http://localhost'),
      config,
    });
    server = createServer(serve).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });

  it('answers with 503, Retry-After and problem details', async () => {
    const headers = { 'x-request-id': 'the-request', origin: 'https://app.example.com' };
    const response = await fetch(`${url}/v1/users`, { method: 'POST', body: 'unread', headers });

    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': 'the-request',
      'access-control-allow-origin': 'https://app.example.com',
    });
    expect(await response.json()).toEqual({
      type: '/problems/server-overloaded',
      title: 'Server overloaded',
      status: 503,
      instance: 'urn:request:the-request',
      code: 'server_overloaded',
    });
  });

  it('serves preflights, and no other request with their headers', async () => {
    const headers = { 'access-control-request-method': 'POST' };
    const statusOf = async (method: string): Promise<number> => (await fetch(url, { method, headers })).status;

    expect([await statusOf('OPTIONS'), await statusOf('POST')]).toEqual([200, 503]);
  });

  it.each(['/livez', '/readyz?x', '/startupz'])('serves the probe %s', async (path) => {
    expect(await (await fetch(url + path)).text()).toBe('served');
  });

  it.each(['/.well-known/jwks.json', '/problems/not-found?x', '/docs'])(
    'serves %s, which needs no database',
    async (path) => {
      expect(await (await fetch(url + path)).text()).toBe('served');
    },
  );

  it.each(['/docs-of-users', '/v1/problems'])('refuses %s, which has a similar name', async (path) => {
    expect((await fetch(url + path)).status).toBe(503);
  });
});
