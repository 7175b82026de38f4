import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from './metrics.ts';

const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** A collector scrapes on one or two connections. */
const maxConnections = 16;

/** Returns the metrics of this process on a port of their own. It is open until everything else has been shut down. */
@Injectable()
export class MetricsServer implements OnApplicationShutdown {
  private readonly log = new Logger(MetricsServer.name);
  private server: Server | undefined;

  constructor(private readonly metrics: Metrics) {}

  /**
   * Listens, and returns the URL of the metrics.
   * @param address `port` 0 chooses a free port
   * @throws errors of `listen`, such as EADDRINUSE
   */
  async listen(address: { readonly host: string; readonly port: number }): Promise<string> {
    const server = createServer({ requestTimeout: 5000, headersTimeout: 5000 }, ({ method, url }, response) => {
      if (url?.split('?', 1)[0] !== '/metrics') response.writeHead(404).end();
      else if (method === 'GET' || method === 'HEAD') void this.respond(response);
      else response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    });
    server.maxConnections = maxConnections;
    await once(server.listen(address), 'listening');
    this.server = server;
    const bound = server.address();
    const port = typeof bound === 'object' ? (bound?.port ?? address.port) : address.port;
    const url = `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}/metrics`;
    this.log.log({ metrics: url }, 'Metrics are available');
    return url;
  }

  async onApplicationShutdown(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  private async respond(response: ServerResponse): Promise<void> {
    try {
      const text = await this.metrics.text();
      response.writeHead(200, { 'Content-Type': contentType }).end(text);
    } catch (error) {
      this.log.error({ err: error }, 'Metrics could not be read');
      response.writeHead(500).end();
    }
  }
}
