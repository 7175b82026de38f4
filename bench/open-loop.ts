import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** A response; `sentAt` is when its request was sent, by performance.now(). */
interface Received {
  readonly status: number;
  readonly head: string;
  readonly sentAt: number;
}

type OnResponse = (response: Received) => void;

const headEnd = Buffer.from('\r\n\r\n');

/**
 * Keep-alive connections that send prepared GET requests, one at a time each. A client of a library costs more CPU than the
 * servers that are measured, and their latencies would be those of a machine without an idle core.
 */
export class GetConnections {
  private readonly idle: GetConnection[] = [];
  private readonly all: GetConnection[];
  private readonly waiting: { readonly request: string; readonly onResponse: OnResponse }[] = [];

  private constructor(sockets: readonly Socket[]) {
    this.all = sockets.map(
      (socket) =>
        new GetConnection(socket, (connection) => {
          this.release(connection);
        }),
    );
    this.idle.push(...this.all);
  }

  static async open(url: string, count: number): Promise<GetConnections> {
    const { hostname, port } = new URL(url);
    const sockets = Array.from({ length: count }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      return socket;
    });
    return new GetConnections(await Promise.all(sockets));
  }

  /** Sends the request on an idle connection, or on the first one that becomes idle. */
  send(request: string, onResponse: OnResponse): void {
    // The one that was idle longest: a server closes connections that are not used.
    const connection = this.idle.shift();
    if (connection === undefined) this.waiting.push({ request, onResponse });
    else connection.send(request, onResponse);
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }

  private release(connection: GetConnection): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(connection);
    else connection.send(next.request, next.onResponse);
  }
}

class GetConnection {
  private received: Buffer = Buffer.alloc(0);
  private onResponse: OnResponse | undefined;
  private sentAt = 0;

  constructor(
    private readonly socket: Socket,
    private readonly onIdle: (connection: GetConnection) => void,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.receive(chunk);
    });
    socket.on('close', () => {
      if (this.onResponse !== undefined) throw new Error('The server closed the connection of a request');
    });
  }

  send(request: string, onResponse: OnResponse): void {
    this.onResponse = onResponse;
    this.sentAt = performance.now();
    this.socket.write(request, 'latin1');
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const end = this.received.indexOf(headEnd);
    if (end < 0) return;
    const head = this.received.toString('latin1', 0, end);
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
    if (length === undefined) throw new Error(`A response without a length:\n${head}`);
    if (this.received.length < end + headEnd.length + Number(length)) return;
    this.received = Buffer.alloc(0);
    const { onResponse } = this;
    this.onResponse = undefined;
    onResponse?.({ status: Number(head.slice(9, 12)), head, sentAt: this.sentAt });
    this.onIdle(this);
  }
}
