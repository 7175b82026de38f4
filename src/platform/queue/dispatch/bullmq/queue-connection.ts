import { Inject, Injectable } from '@nestjs/common';
import type { BackendFactory, ConnectionOptions, PgPool } from 'bullmq';
import {
  assertSchemaCompatibility,
  isPgPool,
  PostgresConnection,
  PostgresQueueBackend,
  setDefaultBackendFactory,
} from 'bullmq';
import { configToken } from '../../../config/config.module.ts';
import type { DatabaseConfig } from '../../../config/config.ts';
import { directConfig, urlOf } from '../../../database/database.ts';
import { directPool } from '../../../database/direct-pool.ts';
import { queueNames } from '../../job.ts';
import { queueSchema } from '../migrate-queue.ts';

/** The pool that all queues and workers of the process share; it bypasses a pooler. */
@Injectable()
export class QueueConnection {
  private readonly pool: ReturnType<typeof directPool>;
  private readonly schema: string;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.schema = queueSchema(urlOf(directConfig(config)));
    setDefaultBackendFactory(backendIn(this.schema));
    // Each worker holds one connection to listen on.
    this.pool = directPool(config, { max: queueNames.length + 4, settings: { search_path: this.schema } });
  }

  /** BullMQ's type names Redis options; its PostgreSQL backend takes a pool. */
  get options(): ConnectionOptions {
    return this.pool;
  }

  /** Whether the queue's tables exist: in production a separate migration creates them, perhaps later. */
  async isMigrated(): Promise<boolean> {
    try {
      await assertSchemaCompatibility(this.pool, this.schema);
      return true;
    } catch {
      return false;
    }
  }

  /** Closes the connections; queues and workers have to be closed before. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** BullMQ's connection by a pool always names the schema `bullmq`; this one takes any. */
class QueueTables extends PostgresConnection {
  override readonly schema: string;
  private ready: Promise<void> | undefined;

  constructor(pool: PgPool, schema: string) {
    super(pool);
    this.schema = schema;
  }

  /**
   * BullMQ keeps the first result for good: after one connection time-out at the start no message would be sent again.
   */
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

/** BullMQ's own factory with another schema. */
function backendIn(schema: string): BackendFactory {
  return (name, options, { withBlockingConnection = false } = {}) => {
    const pool: unknown = options.connection;
    if (!isPgPool(pool)) throw new Error('The queue backend requires a pool');
    // The application_name of a worker's connection in pg_stat_activity.
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
