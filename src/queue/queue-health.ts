import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { urlOf } from '../database/database.ts';
import { DatabaseProbe } from '../database/database-probe.ts';
import { queueSchema } from './migrate-queue.ts';
import { queueShortcomings } from './queue-tables.repository.ts';

/** Whether messages of jobs can be sent and taken. */
@Injectable()
export class QueueHealth {
  private readonly schema: string;

  constructor(
    private readonly probe: DatabaseProbe,
    @Inject(configToken('database')) config: DatabaseConfig,
  ) {
    this.schema = queueSchema(urlOf({ url: config.directUrl ?? config.url }));
  }

  /**
   * What the queue lacks, in words; nothing when it works.
   * @throws when the database does not answer
   */
  async shortcomings(): Promise<readonly string[]> {
    return await queueShortcomings(this.probe.direct, this.schema);
  }
}
