import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Login } from './api.ts';
import { until } from './running.ts';

/** A connection on which nothing has been said. */
export async function connected(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  // Being cut is what some tests are about.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Asks for /livez and reads until the service closes the connection. */
export async function replyTo(socket: Socket, url: URL): Promise<string> {
  let reply = '';
  socket.on('data', (bytes) => (reply += bytes.toString()));
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  if (!socket.closed) await once(socket, 'close');
  return reply;
}

/** A login of which a half is still to be sent; the service is known to be waiting for it. */
export async function halfALogin(
  url: URL,
  { email, password }: Login,
): Promise<{ finish: () => Promise<string>; abandon: () => void }> {
  const body = JSON.stringify({ email, password });
  const socket = await connected(url);
  const head = `POST /v1/auth/login HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json`;
  socket.write(`${head}\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString().startsWith('HTTP/1.1 100 ')) throw new Error(`Not asked to go on: ${answer.toString()}`);
  socket.write(body.slice(0, 10));
  return {
    finish: async () => {
      let reply = '';
      socket.on('data', (bytes) => (reply += bytes.toString()));
      socket.write(body.slice(10));
      await once(socket, 'close');
      return reply;
    },
    abandon: () => {
      socket.destroy();
    },
  };
}

/** Waits until the service takes no new connection. */
export async function closed(url: URL): Promise<void> {
  await until('closed', async () => !(await accepts(url)));
}

async function accepts(url: URL): Promise<boolean> {
  try {
    (await connected(url)).destroy();
    return true;
  } catch {
    return false;
  }
}
