import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { problemBody } from '../problem/problem.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { AdmissionController, registerAdmissionControl } from './admission-control.ts';
import type { ServerOverloaded } from '../problem/http.errors.ts';

describe('registerAdmissionControl', () => {
  let server: FastifyInstance;
  let admission: AdmissionController;
  let served: string[];

  async function start(): Promise<void> {
    admission = new AdmissionController(await Metrics.create(false));
    served = [];
    server = fastify();
    registerAdmissionControl(server, admission);
    server.post('/v1/auth/login', () => {
      served.push('login');
      return {};
    });
    server.all('/:name', ({ params }) => {
      served.push((params as { name: string }).name);
      return {};
    });
    server.setErrorHandler(async (error: ServerOverloaded, request, reply) => {
      const { 'Retry-After': retryAfter } = error.options.headers ?? {};
      const links = { path: (path: string) => path } as never;
      return await reply
        .status(error.statusCode)
        .header('retry-after', retryAfter)
        .send(problemBody(error, { requestId: request.id }, links));
    });
    await server.ready();
  }

  afterEach(async () => {
    await server.close();
  });

  it('admits unauthenticated writes in FIFO order without delaying authenticated requests and reads', async () => {
    await start();
    const writes = ['a', 'b', 'c', 'd', 'e'];

    await Promise.all([
      ...writes.map(async (name) => await server.inject({ method: 'POST', url: `/${name}` })),
      server.inject({ method: 'POST', url: '/user', headers: { authorization: 'Bearer x.y.z' } }),
      server.inject({ method: 'POST', url: '/v1/auth/login', headers: { authorization: 'Bearer made.u.p' } }),
      server.inject({ method: 'GET', url: '/reader' }),
    ]);

    expect(served.filter((name) => writes.includes(name))).toEqual(writes);
    expect(served.indexOf('user')).toBeLessThan(served.indexOf('b'));
    expect(served.indexOf('reader')).toBeLessThan(served.indexOf('b'));
    expect(served.at(-1)).toBe('login');
  });

  it('rejects requests beyond 1,000 waiting ones with 503 and Retry-After', async () => {
    await start();
    let isFull = true;
    const refill = (): void => {
      if (isFull) admission.admit(refill);
    };
    while (admission.admit(refill));
    expect(admission.queueLength).toBe(1000);

    const rejected = await server.inject({ method: 'POST', url: '/rejected' });
    const authenticated = await server.inject({ method: 'POST', url: '/user', headers: { authorization: 'Bearer x' } });
    isFull = false;

    expect(rejected.statusCode).toBe(503);
    expect(rejected.json()).toMatchObject({ code: 'server_overloaded', title: 'Server overloaded' });
    expect(Number(rejected.headers['retry-after'])).toBeGreaterThan(0);
    expect(authenticated.statusCode).toBe(200);
    while (admission.queueLength > 900) await setTimeout(1);
    expect((await server.inject({ method: 'POST', url: '/admitted' })).statusCode).toBe(200);
    expect(served).toEqual(['user', 'admitted']);
  });
});
