import { Inject, Injectable } from '@nestjs/common';
import type { ConnectionOptions } from 'bullmq';
import { assertSchemaCompatibility, createPostgresBackend, setDefaultBackendFactory } from 'bullmq';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { directPool } from '../database/direct-pool.ts';
import { queueNames } from './job.ts';
import { queueSchema } from './migrate-queue.ts';

/** What every queue and worker of the process shares: one pool, straight to PostgreSQL. */
@Injectable()
export class QueueConnection {
  private readonly pool: ReturnType<typeof directPool>;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    setDefaultBackendFactory(createPostgresBackend);
    // Each worker holds one connection to listen on.
    this.pool = directPool(config, { max: queueNames.length + 4, options: `-c search_path=${queueSchema}` });
  }

  /** BullMQ's type names Redis; with the backend above it takes a pool. */
  get options(): ConnectionOptions {
    return this.pool;
  }

  /** Whether the queue's tables are there: in production somebody else makes them, perhaps later. */
  async isMigrated(): Promise<boolean> {
    try {
      await assertSchemaCompatibility(this.pool, queueSchema);
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
