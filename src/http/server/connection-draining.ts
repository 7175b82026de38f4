import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Draining } from './draining.ts';

/** A client that has connected has this time to send its request, when the server closes. */
const firstRequestMs = 2000;
/** Under a load that connects without a pause, the server closes behind this. */
const acceptAtMostMs = 1000;

/**
 * Ends the connections of a server that closes. Every connection that was accepted is served: its request is answered
 * with `Connection: close`. Those that come later are refused by the system. Connections on which nothing is asked, such
 * as a browser's preconnect, hold the end up for two seconds at most.
 *
 * What remains: a connection that the system completes between the last look for one and the close, some ten
 * microseconds when the process is not interrupted there, is reset. Node can't take the backlog of a listener that closes.
 */
export function drainConnections(server: FastifyInstance, draining: Draining): void {
  const connections = new Connections(server.server);
  const log = new Logger('Server');

  // When it is sent, not when it is asked: a client that was told to keep its connection would send its next request there.
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (draining.begun) void reply.header('connection', 'close');
    done(null, payload);
  });

  server.addHook('preClose', (done) => {
    connections.closeListener(done);
  });

  // Fastify listens for errors until the server listens. The system may refuse to accept, when it has no descriptor left.
  server.addHook('onListen', (done) => {
    server.server.on('error', (error) => {
      log.warn({ err: error }, 'A connection could not be accepted');
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

  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.accepted += 1;
      this.open.set(socket, { since: performance.now(), requests: 0 });
      socket.once('close', () => this.open.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.count(socket, 1);
      response.once('close', () => {
        this.count(socket, -1);
      });
    });
  }

  /**
   * Closes the listener when a turn of the event loop has found no connection to accept. The system completes
   * connections ahead of the process, which accepts one in a turn; those that still wait when it closes are reset.
   */
  closeListener(done: () => void): void {
    const end = performance.now() + acceptAtMostMs;
    const turn = (): void => {
      const before = this.accepted;
      // The loop polls for connections between one immediate and the next.
      setImmediate(() => {
        if (this.accepted !== before && performance.now() < end) {
          turn();
          return;
        }
        // At once: Fastify closes it some turns later.
        this.server.close();
        this.end();
        done();
      });
    };
    if (this.server.listening) setImmediate(turn);
    else done();
  }

  /** Node has closed those that were kept alive for a next request. */
  private end(): void {
    this.ending = true;
    for (const [socket, connection] of this.open) if (isSilent(socket, connection)) socket.destroy();
    setTimeout(() => {
      for (const [socket, { requests }] of this.open) if (requests === 0) socket.destroy();
    }, firstRequestMs).unref();
  }

  private count(socket: Socket, change: 1 | -1): void {
    const connection = this.open.get(socket);
    if (connection === undefined) return;
    connection.requests += change;
    // An answer that was begun before has told its client to keep the connection.
    if (this.ending && connection.requests === 0) socket.destroySoon();
  }
}

/** Whether nothing was sent on it for longer than a client takes that wants something. */
function isSilent({ bytesRead }: Socket, { since, requests }: Connection): boolean {
  return requests === 0 && bytesRead === 0 && performance.now() - since > firstRequestMs;
}
