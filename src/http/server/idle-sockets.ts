import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections on which no request is running, those that never sent one included: a browser's preconnect would
 * otherwise hold a closing server until it gives up.
 */
export class IdleSockets {
  private readonly running = new Map<Socket, number>();
  private closing = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.running.set(socket, 0);
      socket.once('close', () => this.running.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.count(socket, 1);
      response.once('close', () => {
        this.count(socket, -1);
      });
    });
  }

  /** Cuts them. What is being served is left alone, and its connection closed behind the answer. */
  destroy(): void {
    this.closing = true;
    for (const [socket, requests] of this.running) if (requests === 0) socket.destroy();
  }

  private count(socket: Socket, change: 1 | -1): void {
    const before = this.running.get(socket);
    if (before === undefined) return;
    this.running.set(socket, before + change);
    // Asked before the server closed, its caller was told to keep the connection: it would wait for the next request.
    if (this.closing && before + change === 0) socket.destroySoon();
  }
}
