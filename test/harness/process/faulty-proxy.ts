import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** What a proxy does to the connections through it. */
export interface NetworkFault {
  /** Milliseconds by which bytes of each direction are delayed. */
  readonly latencyMs?: number;
  /** Bytes are discarded, and no connection is closed: a route that is lost. */
  readonly isBlackhole?: boolean;
  /** New connections are reset. */
  readonly isRefusing?: boolean;
  /** Connections are reset after this number of bytes from the server. */
  readonly resetAfterBytes?: number;
}

/** A TCP proxy whose connections fail as those of a bad network do. The order of bytes is kept. */
export class FaultyProxy {
  private fault: NetworkFault = {};
  private readonly pairs = new Set<readonly [Socket, Socket]>();

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
  ) {
    server.on('connection', (client: Socket) => {
      this.pass(client);
    });
  }

  /** @param target the server, by a URL of any protocol with a port */
  static async start(target: string): Promise<FaultyProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyProxy(new URL(target), server);
  }

  /** The URL of the server through the proxy. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(address.port);
    return url.href;
  }

  /** Replaces the present fault; without one, the network is good. */
  set(fault: NetworkFault): void {
    // Without the discarded bytes the connections cannot continue.
    if (this.fault.isBlackhole === true) this.cut();
    this.fault = fault;
  }

  /** Resets every open connection. */
  cut(): void {
    for (const pair of this.pairs) reset(pair);
  }

  async close(): Promise<void> {
    this.cut();
    await once(this.server.close(), 'close');
  }

  private pass(client: Socket): void {
    if (this.fault.isRefusing === true) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: Number(this.target.port), host: this.target.hostname, allowHalfOpen: true });
    const pair = [client.setNoDelay(), server.setNoDelay()] as const;
    this.pairs.add(pair);
    let received = 0;
    server.on('data', (bytes: Buffer) => {
      received += bytes.length;
      if (received > (this.fault.resetAfterBytes ?? Infinity)) reset(pair);
    });
    this.join(client, server);
    this.join(server, client);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
  }

  private join(from: Socket, to: Socket): void {
    let due = 0;
    const later = (send: () => void): void => {
      due = Math.max(due, performance.now() + (this.fault.latencyMs ?? 0));
      const wait = due - performance.now();
      if (wait <= 0) send();
      else setTimeout(send, wait);
    };
    from.on('data', (bytes: Buffer) => {
      if (this.fault.isBlackhole === true) return;
      later(() => {
        if (to.writable) to.write(bytes);
      });
    });
    from.on('end', () => {
      later(() => to.end());
    });
  }
}

function reset(pair: readonly [Socket, Socket]): void {
  for (const socket of pair) socket.resetAndDestroy();
}
