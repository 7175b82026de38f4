import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { UserCredentials } from './api.ts';
import { waitUntil } from '../process/wait-until.ts';

/** A connection without any request. */
export async function openSocket(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  // Some tests expect that the service closes it.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Requests /livez and reads until the service closes the connection. */
export async function replyTo(socket: Socket, url: URL): Promise<string> {
  let reply = '';
  socket.on('data', (bytes) => (reply += bytes.toString()));
  socket.write(`GET /livez HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  if (!socket.closed) await once(socket, 'close');
  return reply;
}

/** A login of which half is sent; the service waits for the rest. */
export async function sendPartialLogin(
  url: URL,
  { email, password }: UserCredentials,
): Promise<{ finish: () => Promise<string>; abandon: () => void }> {
  const body = JSON.stringify({ email, password });
  const socket = await openSocket(url);
  const head = `POST /v1/auth/login HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json`;
  socket.write(`${head}\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
  const [response] = (await once(socket, 'data')) as [Buffer];
  if (!response.toString().startsWith('HTTP/1.1 100 ')) throw new Error(`No 100 Continue: ${response.toString()}`);
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
export async function waitUntilClosed(url: URL): Promise<void> {
  await waitUntil('closed', async () => !(await isListening(url)));
}

/** Whether the port of this URL accepts connections. */
export async function isListening(url: URL): Promise<boolean> {
  try {
    (await openSocket(url)).destroy();
    return true;
  } catch {
    return false;
  }
}
