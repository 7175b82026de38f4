import { once } from 'node:events';
import { request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { registerResponseTimePadding } from './response-time-padding.ts';

const periodMs = 200;

describe('registerResponseTimePadding', () => {
  let server: FastifyInstance;
  let handler: { called: PromiseWithResolvers<undefined>; finish: PromiseWithResolvers<number> };

  /** A route that responds with the status that `handler.finish` resolves to. */
  function addRoute(path: string, paddedResponses?: 'failures' | 'all'): void {
    const config = paddedResponses === undefined ? {} : { paddedResponses };
    server.post(path, { config }, async (_request, reply) => {
      handler.called.resolve(undefined);
      return await reply.status(await handler.finish.promise).send({});
    });
  }

  beforeEach(() => {
    // Sockets and streams need the others.
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'queueMicrotask', 'setImmediate', 'setInterval'] });
    handler = { called: Promise.withResolvers(), finish: Promise.withResolvers() };
    server = fastify();
    registerResponseTimePadding(server, periodMs);
    addRoute('/login', 'failures');
    addRoute('/register', 'all');
    addRoute('/other');
  });

  afterEach(async () => {
    jest.useRealTimers();
    await server.close();
  });

  /** Sends a request, and returns once its handler runs. */
  async function send(path: string): Promise<{ status: number | undefined }> {
    const received: { status: number | undefined } = { status: undefined };
    void server.inject({ method: 'POST', url: path }).then(({ statusCode }) => {
      received.status = statusCode;
    });
    await handler.called.promise;
    return received;
  }

  /** Lets everything happen that waits for no timer. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await setImmediate();
  }

  it.each([
    { path: '/login', status: 401, workMs: 0, sentMs: 200 },
    { path: '/login', status: 401, workMs: 199, sentMs: 200 },
    { path: '/login', status: 429, workMs: 250, sentMs: 400 },
    { path: '/register', status: 202, workMs: 30, sentMs: 200 },
    { path: '/register', status: 422, workMs: 1, sentMs: 200 },
  ])(
    'sends the $status of $path after $sentMs ms when its work took $workMs ms',
    async ({ path, status, workMs, sentMs }) => {
      const response = await send(path);
      jest.advanceTimersByTime(workMs);
      handler.finish.resolve(status);

      await settle();
      jest.advanceTimersByTime(sentMs - workMs - 1);
      await settle();
      const before = { ...response };
      jest.advanceTimersByTime(1);
      await settle();

      expect(before).toEqual({ status: undefined });
      expect(response).toEqual({ status });
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  it('sends a success at once where only failures are padded', async () => {
    const response = await send('/login');
    handler.finish.resolve(200);
    await settle();

    expect(response).toEqual({ status: 200 });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('starts no timer for other routes', async () => {
    const response = await send('/other');
    const timers = jest.getTimerCount();
    handler.finish.resolve(401);
    await settle();

    expect(timers).toBe(0);
    expect(response).toEqual({ status: 401 });
  });

  describe('with a connection', () => {
    async function connect(): Promise<ReturnType<typeof request>> {
      const url = await server.listen({ port: 0, host: '127.0.0.1' });
      const sent = request(`${url}/login`, { method: 'POST', agent: false });
      sent.on('error', () => undefined);
      sent.end();
      await handler.called.promise;
      return sent;
    }

    it.each([
      { state: 'works', respondsFirst: false },
      { state: 'waits', respondsFirst: true },
    ])('stops the timer when the client disconnects while the route $state', async ({ respondsFirst }) => {
      const closed = Promise.withResolvers<undefined>();
      server.server.on('connection', (socket) => {
        socket.on('close', () => {
          closed.resolve(undefined);
        });
      });
      const sent = await connect();
      if (respondsFirst) handler.finish.resolve(401);
      await settle();

      sent.destroy();
      await closed.promise;
      handler.finish.resolve(401);
      await settle();

      expect(jest.getTimerCount()).toBe(0);
    });

    it('sends the response during a graceful shutdown', async () => {
      const sent = await connect();
      const received = once(sent, 'response');
      handler.finish.resolve(401);
      await settle();

      const closed = server.close();
      await settle();
      jest.advanceTimersByTime(periodMs);

      const [response] = (await received) as [{ statusCode: number; resume: () => void }];
      response.resume();
      await closed;
      expect(response.statusCode).toBe(401);
    });
  });
});
