import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether nothing listens on this port of the loopback IP address. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.close();
  return isListening;
}
