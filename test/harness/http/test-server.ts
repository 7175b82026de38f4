import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { onTeardown } from '../process/service-process.ts';

/** Starts an HTTP server on a free port; it is closed after the last test of the file. Returns its URL. */
export async function startTestServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTeardown(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return `http://127.0.0.1:${address.port}`;
}
