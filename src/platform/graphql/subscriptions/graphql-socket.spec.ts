import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { Unauthenticated } from '../../http/auth/auth.errors.ts';
import { BadRequest, InternalError, ServiceUnavailable } from '../../http/problem/http.errors.ts';
import { GraphqlSocket } from './graphql-socket.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
await once(server, 'listening');

afterAll(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

interface Pair {
  readonly socket: GraphqlSocket;
  readonly client: WebSocket;
}

async function opened(): Promise<Pair> {
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [accepted] = (await once(server, 'connection')) as [WebSocket];
  const socket = new GraphqlSocket(accepted);
  if (client.readyState !== client.OPEN) await once(client, 'open');
  return { socket, client };
}

async function closeOf({ client }: Pair): Promise<number> {
  const [code] = (await once(client, 'close')) as [number];
  return code;
}

function later(ms: number): number {
  return performance.now() + ms;
}

describe('GraphqlSocket', () => {
  it('pings a client without activity once, and disconnects it unless it responds', async () => {
    const pair = await opened();
    // A client that reads nothing responds to no ping.
    pair.client.pause();

    pair.socket.keepAlive(later(14_000));
    pair.socket.keepAlive(later(16_000));
    pair.socket.keepAlive(later(29_000));
    expect(pair.client.readyState).toBe(WebSocket.OPEN);
    const closed = closeOf(pair);
    pair.socket.keepAlive(later(31_000));
    pair.client.resume();

    expect(await closed).toBe(1006);
  });

  it('sends a ping again after the client has responded', async () => {
    const { socket, client } = await opened();
    for (let pings = 0; pings < 2; pings += 1) {
      const pinged = once(client, 'ping');
      socket.keepAlive(later(16_000));
      await pinged;
      // The service has received the pong before it receives this message.
      const received = new Promise((resolve) => {
        socket.onMessage(resolve);
      });
      client.send('after the pong');
      await received;
    }

    expect(client.readyState).toBe(WebSocket.OPEN);
    client.terminate();
  });

  it('disconnects a client that does not read what it has requested', async () => {
    const pair = await opened();
    pair.client.pause();
    const closed = new Promise<void>((resolve) => {
      pair.socket.onClose(() => {
        resolve();
      });
    });

    // More than the buffers of the operating system hold.
    for (let sent = 0; sent < 64; sent += 1) void pair.socket.send('x'.repeat(1024 * 1024));

    await closed;
  });

  it.each([
    ['shutdown', 1001],
    ['session-ended', 4401],
    ['forbidden', 4403],
  ] as const)('closes because of %s with the code %d', async (reason, code) => {
    const pair = await opened();
    pair.socket.end(reason);

    expect(await closeOf(pair)).toBe(code);
    await pair.socket.send('after the close');
  });

  it.each([
    [new Unauthenticated(), 4401],
    [new BadRequest(), 4400],
    [new ServiceUnavailable(), 1013],
    [new InternalError(), 4500],
    [new Error('private'), 4500],
  ])('closes because of %s with the code %d', async (error, code) => {
    const pair = await opened();
    pair.socket.refuse(error);

    expect(await closeOf(pair)).toBe(code);
  });

  it('calls a listener of the close of a closed socket', async () => {
    const pair = await opened();
    pair.socket.end('shutdown');
    await closeOf(pair);
    const closed = new Promise<void>((resolve) => {
      pair.socket.onClose(() => {
        resolve();
      });
    });

    await closed;
  });
});
