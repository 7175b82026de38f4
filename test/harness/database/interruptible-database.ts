import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { readDatabaseUrl } from '../../../src/platform/config/database-url.ts';
import type { TestDatabase } from './database.ts';
import { createDatabase } from './database.ts';

/** A database behind a TCP proxy that can close connections and counts bytes; its tables can be renamed away. */
export class InterruptibleDatabase {
  /** Bytes received from the database. */
  received = 0;
  /** The connection that sends a statement with this text first is closed. */
  private brokenBy: string | undefined;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly database: TestDatabase,
    private readonly line = createServer(),
  ) {
    line.on('connection', (near) => {
      const { hostname, port } = new URL(database.url);
      const far = connect(Number(port), hostname);
      far.on('data', (bytes) => (this.received += bytes.length));
      near.on('data', (bytes) => {
        if (this.brokenBy === undefined || !bytes.includes(this.brokenBy)) return;
        this.brokenBy = undefined;
        near.destroy();
      });
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => other.destroy()).on('close', () => other.destroy());
        socket.pipe(other);
      }
    });
  }

  static async make(): Promise<InterruptibleDatabase> {
    const made = new InterruptibleDatabase(await createDatabase());
    await once(made.line.listen(0, '127.0.0.1'), 'listening');
    return made;
  }

  /** The URL of the database through the proxy. */
  get url(): string {
    const url = new URL(this.database.url);
    url.hostname = '127.0.0.1';
    url.port = String((this.line.address() as AddressInfo).port);
    return url.href;
  }

  /** Closes one connection: the next that sends a statement with this text. */
  cutAt(text: string): void {
    this.brokenBy = text;
  }

  /** The server no longer responds. */
  cut(): void {
    this.line.close();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Without tables, no statement of the service works. */
  async empty(): Promise<void> {
    const { schema } = readDatabaseUrl(this.database.url);
    await this.database.pool.query(`ALTER SCHEMA ${schema} RENAME TO elsewhere`);
  }
}
