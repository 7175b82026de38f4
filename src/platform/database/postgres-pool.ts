import { setTimeout as delay } from 'node:timers/promises';
import type { ClientConfig, PoolClient, PoolConfig } from 'pg';
import { Client, Pool } from 'pg';
import { valueParsers } from './value-parsers.ts';

/** How long `end` waits: a server that hangs does not close its connections. */
const closedWithinMs = 1000;

/** The connections of a pool. */
export interface PoolState {
  readonly used: number;
  readonly idle: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
}

/**
 * A connection whose loss does not end the process. node-postgres emits `error` when a connection is lost, Node ends
 * the process at an `error` event without a listener, and the pool listens only while a connection is idle. Ignoring
 * the event loses nothing: the current or the next query fails with it.
 */
export class PostgresClient extends Client {
  constructor(config?: ClientConfig) {
    super({ types: valueParsers, ...config });
    this.on('error', ignore);
  }
}

/** A pool of such connections. eslint.config.js forbids pg's own Pool everywhere else. */
export class PostgresPool extends Pool {
  private readonly open = new Set<PoolClient>();
  private readonly emptied = Promise.withResolvers<undefined>();

  constructor(options: PoolConfig) {
    super({ Client: PostgresClient, ...options });
    this.on('error', ignore);
    this.on('connect', (client) => this.open.add(client));
    this.on('remove', (client) => {
      this.open.delete(client);
      if (this.ending && this.open.size === 0) this.emptied.resolve(undefined);
    });
  }

  get state(): PoolState {
    const { totalCount, idleCount, waitingCount, options } = this;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount, max: options.max };
  }

  /** Also waits until the connections are closed; otherwise a server that stops would log each one as interrupted. */
  override async end(callback?: () => void): Promise<void> {
    await super.end();
    if (this.open.size > 0)
      await Promise.race([this.emptied.promise, delay(closedWithinMs, undefined, { ref: false })]);
    callback?.();
  }
}

function ignore(): void {
  // The query that needs the connection reports it.
}
