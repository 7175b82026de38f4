import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { HttpConfig } from './platform/config/config.ts';
import { StartupError } from './platform/config/startup-error.ts';
import type { TelemetryConfig } from './platform/config/variables/telemetry.ts';
import { MetricsServer } from './platform/telemetry/metrics-server.ts';

/** @param prefix of the variables */
const listenErrors = (prefix: string): Readonly<Record<string, string>> => ({
  EADDRINUSE: `is in use by another program. Stop it, or set ${prefix}PORT.`,
  EADDRNOTAVAIL: `is not an IP address of this machine. Set ${prefix}HOST.`,
  EACCES: `may not be used by this user. Set ${prefix}PORT to 1024 or higher.`,
  ENOTFOUND: `is not a known host name. Set ${prefix}HOST.`,
});

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Listens and returns the URL. Uses Fastify directly, because Nest logs a failure in addition.
 * @throws StartupError
 */
export async function listen(app: NestFastifyApplication, http: HttpConfig): Promise<string> {
  try {
    return await app
      .getHttpAdapter()
      .getInstance()
      .listen({ port: http.port, host: await ipAddressOf(http) });
  } catch (error) {
    throw toStartupError(error, http);
  }
}

/**
 * Serves the metrics, if METRICS_PORT is set.
 * @throws StartupError
 */
export async function listenForMetrics(app: INestApplicationContext, { metrics }: TelemetryConfig): Promise<void> {
  if (metrics === undefined) return;
  try {
    await app.get(MetricsServer).listen({ port: metrics.port, host: await ipAddressOf(metrics) });
  } catch (error) {
    throw toStartupError(error, metrics, 'METRICS_');
  }
}

/**
 * Returns a free port of the configured host.
 * @throws StartupError when no server can listen on that host
 */
export async function freePort(http: HttpConfig): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen({ port: 0, host: await ipAddressOf(http) }), 'listening');
  } catch (error) {
    throw toStartupError(error, http);
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return address.port;
}

/**
 * Resolves localhost to one IP address: for two, Fastify opens a second server without the listeners of the first. That
 * server resets its connections at shutdown, and an error that it emits ends the process.
 */
async function ipAddressOf({ host }: Address): Promise<string> {
  return host === 'localhost' ? (await lookup(host, { order: 'ipv4first' })).address : host;
}

function toStartupError(error: unknown, { host, port }: Address, prefix = ''): unknown {
  const reason = listenErrors(prefix)[(error as NodeJS.ErrnoException).code ?? ''];
  return reason === undefined ? error : new StartupError(`${host}:${port} ${reason}`, { cause: error });
}
