import { Inject, Injectable } from '@nestjs/common';
import type { BackendFactory, ConnectionOptions, PgPool } from 'bullmq';
import {
  assertSchemaCompatibility,
  isPgPool,
  PostgresConnection,
  PostgresQueueBackend,
  setDefaultBackendFactory,
} from 'bullmq';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { urlOf } from '../database/database.ts';
import { directPool } from '../database/direct-pool.ts';
import { queueNames } from './job.ts';
import { queueSchema } from './migrate-queue.ts';

/** What every queue and worker of the process shares: one pool, straight to PostgreSQL. */
@Injectable()
export class QueueConnection {
  private readonly pool: ReturnType<typeof directPool>;
  private readonly schema: string;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.schema = queueSchema(urlOf({ url: config.directUrl ?? config.url }));
    setDefaultBackendFactory(backendIn(this.schema));
    // Each worker holds one connection to listen on.
    this.pool = directPool(config, { max: queueNames.length + 4, settings: { search_path: this.schema } });
  }

  /** BullMQ's type names Redis; with the backend above it takes a pool. */
  get options(): ConnectionOptions {
    return this.pool;
  }

  /** Whether the queue's tables are there: in production somebody else makes them, perhaps later. */
  async isMigrated(): Promise<boolean> {
    try {
      await assertSchemaCompatibility(this.pool, this.schema);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the connections, once nothing uses them. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Given a pool, BullMQ takes its tables to be in the schema of its own name, wherever they are. */
class QueueTables extends PostgresConnection {
  override readonly schema: string;
  private ready: Promise<void> | undefined;

  constructor(pool: PgPool, schema: string) {
    super(pool);
    this.schema = schema;
  }

  /** BullMQ keeps the first result for good: after one connection time-out at the start no message would be sent again. */
  override async waitUntilReady(): Promise<void> {
    this.ready ??= this.check();
    await this.ready;
  }

  private async check(): Promise<void> {
    try {
      await assertSchemaCompatibility(this.pool, this.schema);
    } catch (error) {
      this.ready = undefined;
      throw error;
    }
  }
}

/** As BullMQ's own factory, but for the schema. */
function backendIn(schema: string): BackendFactory {
  return (name, options, { withBlockingConnection = false } = {}) => {
    const pool: unknown = options.connection;
    if (!isPgPool(pool)) throw new Error('The queue is given a pool');
    // Under this name a worker's connection is seen in pg_stat_activity.
    const listener = withBlockingConnection ? name : undefined;
    return new PostgresQueueBackend(
      new QueueTables(pool, schema),
      name,
      { ...options, connection: pool },
      true,
      listener,
    );
  };
}
