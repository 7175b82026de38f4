import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

const lingerMs = 1000;

/** Passes each connection to the next of several servers, in turns, as a TCP load balancer does. */
export class Balancer {
  /** The servers; set once they listen, because they need the balancer's URL. */
  targets: readonly URL[] = [];
  private passed = 0;
  private readonly open = new Set<Socket>();

  private constructor(
    /** Where clients reach the servers. */
    readonly url: string,
    private readonly server: Server,
  ) {
    server.on('connection', (client: Socket) => {
      this.pass(client);
    });
  }

  static async start(): Promise<Balancer> {
    // A client that ends its half of a connection still reads the response.
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
    return new Balancer(`http://127.0.0.1:${address.port}`, server);
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await once(this.server.close(), 'close');
  }

  private pass(client: Socket): void {
    const target = this.targets[this.passed % this.targets.length];
    this.passed += 1;
    if (target === undefined) {
      client.destroy();
      return;
    }
    const server = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true });
    this.join(client, server, () => {
      server.destroySoon();
    });
    this.join(server, client, () => {
      // What the client still sends is read: with unread data its connection would be reset, and the response lost.
      client.end().resume();
      setTimeout(() => client.destroy(), lingerMs).unref();
    });
  }

  /** Passes what one sends to the other, its end included. */
  private join(from: Socket, to: Socket, onClose: () => void): void {
    this.open.add(from.setNoDelay());
    from.pipe(to);
    // Its 'close' follows.
    from.on('error', () => undefined);
    from.on('close', () => {
      this.open.delete(from);
      onClose();
    });
  }
}
