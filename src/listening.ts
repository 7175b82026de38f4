import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { HttpConfig } from './config/config.ts';
import { StartRefused } from './database/start-refused.ts';

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program. Stop it, or set PORT.',
  EADDRNOTAVAIL: 'is not an address of this machine. Set HOST.',
  EACCES: 'may not be used by this user. Set PORT to 1024 or higher.',
  ENOTFOUND: 'is not an address. Set HOST.',
};

/**
 * Lets Fastify listen, and returns the URL: Nest would log a failure as well, and in other words.
 * @throws StartRefused
 */
export async function listen(app: NestFastifyApplication, http: HttpConfig): Promise<string> {
  try {
    return await app
      .getHttpAdapter()
      .getInstance()
      .listen({ port: http.port, host: await addressOf(http) });
  } catch (error) {
    throw refusal(error, http);
  }
}

/**
 * A port of the configured address that nobody listens on.
 * @throws StartRefused when nothing can listen on that address
 */
export async function freePort(http: HttpConfig): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen({ port: 0, host: await addressOf(http) }), 'listening');
  } catch (error) {
    throw refusal(error, http);
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return address.port;
}

/**
 * One address: for a localhost of two, Fastify opens a second server, on which nothing of what is set on the first holds:
 * its connections are cut at the end, and an error that it reports ends the process.
 */
async function addressOf({ host }: HttpConfig): Promise<string> {
  return host === 'localhost' ? (await lookup(host, { order: 'ipv4first' })).address : host;
}

function refusal(error: unknown, { host, port }: HttpConfig): unknown {
  const reason = listenProblems[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined ? error : new StartRefused(`${host}:${port} ${reason}`, { cause: error });
}
