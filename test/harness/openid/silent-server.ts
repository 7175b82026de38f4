import { afterAll } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Starts a server that accepts connections and never responds; it ends after the last test of the file. */
export async function startSilentServer(): Promise<{ readonly url: string }> {
  const sockets = new Set<{ destroy: () => void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  afterAll(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
