import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { ShutdownState } from './shutdown-state.ts';

/** During shutdown, an idle connection is closed unless a request arrives within this time. */
const firstRequestMs = 2000;
/** The listener is closed after this time, even if new connections keep arriving. */
const maxAcceptMs = 1000;

/**
 * Closes connections during a graceful shutdown. Requests on accepted connections are served, with `Connection: close`.
 * The operating system refuses later connections. Idle connections, such as a browser's preconnect, delay the shutdown
 * for two seconds at most.
 *
 * Limit: a connection that the kernel completes between the last poll and the close of the listener (about ten
 * microseconds) is reset, because Node cannot drain the backlog of a closing listener.
 */
export function drainConnections(server: FastifyInstance, shutdown: ShutdownState): void {
  const connections = new Connections(server.server);
  const log = new Logger('Server');

  // When the response is sent, not when the request arrives: with keep-alive, the client would reuse the connection.
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (shutdown.isDraining) void reply.header('connection', 'close');
    done(null, payload);
  });

  // Running jobs may take longer: the server does not wait for them.
  shutdown.onDrained(() => {
    void connections.closeListener();
  });

  server.addHook('preClose', async () => {
    await connections.closeListener();
  });

  // Fastify handles errors only until the server listens. Accepting can fail later, without a free file descriptor.
  server.addHook('onListen', (done) => {
    server.server.on('error', (error) => {
      log.warn({ err: error }, 'Failed to accept a connection');
    });
    done();
  });
}

interface Connection {
  readonly since: number;
  requests: number;
}

class Connections {
  private readonly open = new Map<Socket, Connection>();
  private accepted = 0;
  private ending = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.accepted += 1;
      this.open.set(socket, { since: performance.now(), requests: 0 });
      socket.once('close', () => this.open.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.count(socket, 1);
      response.on('close', () => {
        this.count(socket, -1);
      });
    });
  }

  /** Closes the listener once. */
  async closeListener(): Promise<void> {
    this.closing ??= this.acceptAndClose();
    await this.closing;
  }

  /**
   * Closes the listener after an event loop iteration without a new connection. The kernel completes connections
   * before the process accepts them, one in each iteration; those in the backlog at the close are reset.
   */
  private async acceptAndClose(): Promise<void> {
    if (!this.server.listening) return;
    const end = performance.now() + maxAcceptMs;
    // The event loop polls for connections between one immediate and the next.
    await turn();
    for (let before = -1; this.accepted !== before && performance.now() < end;) {
      before = this.accepted;
      await turn();
    }
    // Fastify would close it some iterations later.
    this.server.close();
    this.end();
  }

  /** Node itself closes idle keep-alive connections. */
  private end(): void {
    this.ending = true;
    for (const [socket, connection] of this.open) if (isIdle(socket, connection)) socket.destroy();
    setTimeout(() => {
      for (const [socket, { requests }] of this.open) if (requests === 0) socket.destroy();
    }, firstRequestMs).unref();
  }

  private count(socket: Socket, change: 1 | -1): void {
    const connection = this.open.get(socket);
    if (connection === undefined) return;
    connection.requests += change;
    // A response that began before the shutdown said keep-alive.
    if (this.ending && connection.requests === 0) socket.destroySoon();
  }
}

/** Whether the client has sent nothing for `firstRequestMs` since it connected. */
function isIdle({ bytesRead }: Socket, { since, requests }: Connection): boolean {
  return requests === 0 && bytesRead === 0 && performance.now() - since > firstRequestMs;
}
