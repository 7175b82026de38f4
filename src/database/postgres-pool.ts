import { setTimeout as delay } from 'node:timers/promises';
import type { ClientConfig, PoolClient, PoolConfig } from 'pg';
import { Client, Pool } from 'pg';

/** A server that hangs does not close the connections that are ended. */
const closedWithinMs = 1000;

/**
 * A connection whose loss does not end the process. node-postgres emits `error` whenever a connection is lost, Node ends
 * the process at an `error` event without a listener, and node-postgres's own pool listens only while a connection is
 * idle. Nothing is lost by not acting on the event: the query that runs, or the next one, fails and reports it.
 */
export class PostgresClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', ignore);
  }
}

/** A connection pool of such connections. Every pool of the service is one: a rule of eslint.config.js holds that. */
export class PostgresPool extends Pool {
  private readonly open = new Set<PoolClient>();
  private readonly emptied = Promise.withResolvers<undefined>();

  constructor(options: PoolConfig) {
    super({ ...options, Client: PostgresClient });
    this.on('error', ignore);
    this.on('connect', (client) => this.open.add(client));
    this.on('remove', (client) => {
      this.open.delete(client);
      if (this.ending && this.open.size === 0) this.emptied.resolve(undefined);
    });
  }

  /** Waits for the connections to be closed, too: a server that stops meanwhile would report each of them as cut. */
  override async end(callback?: () => void): Promise<void> {
    await super.end();
    if (this.open.size > 0)
      await Promise.race([this.emptied.promise, delay(closedWithinMs, undefined, { ref: false })]);
    callback?.();
  }
}

function ignore(): void {
  // Reported by the query that needs the connection.
}
