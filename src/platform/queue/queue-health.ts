import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { directConfig, urlOf } from '../database/database.ts';
import { DatabaseProbe } from '../database/database-probe.ts';
import { queueSchema } from './dispatch/migrate-queue.ts';
import { queueShortcomings } from './queue-tables.repository.ts';

/** Checks whether the database role can send and fetch messages. */
@Injectable()
export class QueueHealth {
  private readonly schema: string;

  constructor(
    private readonly probe: DatabaseProbe,
    @Inject(configToken('database')) config: DatabaseConfig,
  ) {
    this.schema = queueSchema(urlOf(directConfig(config)));
  }

  /**
   * Returns what the queue lacks, in words; empty when it works.
   * @throws when the database is unavailable
   */
  async shortcomings(): Promise<readonly string[]> {
    return await queueShortcomings(this.probe.direct, this.schema);
  }
}
