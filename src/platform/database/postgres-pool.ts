import { AsyncResource } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientConfig, PoolClient, PoolConfig } from 'pg';
import { Client, Pool } from 'pg';
import { isTracing } from '../telemetry/tracing.ts';
import { traceStatement } from './statement-spans.ts';
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

class TracingClient extends Client {
  /** Takes and returns what pg's overloads do; `never` is assignable to the result of each. */
  override query(...args: readonly unknown[]): never {
    return isTracing() ? traceStatement(args, (all) => this.sendStatement(all)) : this.sendStatement(args);
  }

  private sendStatement(args: readonly unknown[]): never {
    return (super.query as (...all: readonly unknown[]) => never).apply(this, [...args]);
  }
}

/**
 * A connection whose loss does not end the process. node-postgres emits `error` when a connection is lost, Node ends
 * the process at an `error` event without a listener, and the pool listens only while a connection is idle. Ignoring
 * the event loses nothing: the current or the next query fails with it.
 */
export class PostgresClient extends (TracingClient as typeof Client) {
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

  override connect(): Promise<PoolClient>;
  override connect(callback: Parameters<Pool['connect']>[0]): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | void {
    if (callback === undefined) return super.connect();
    // Otherwise it runs in the context of the caller that has released the connection.
    super.connect(isTracing() ? AsyncResource.bind(callback) : callback);
    return undefined;
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
