import type { ClientConfig, PoolConfig } from 'pg';
import { Client, Pool } from 'pg';

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
  constructor(options: PoolConfig) {
    super({ ...options, Client: PostgresClient });
    this.on('error', ignore);
  }
}

function ignore(): void {
  // Reported by the query that needs the connection.
}
