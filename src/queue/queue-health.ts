import { Inject, Injectable } from '@nestjs/common';
import { assertSchemaCompatibility, SchemaMigrationRequiredError } from 'bullmq';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { urlOf } from '../database/database.ts';
import { DatabaseProbe, queryOn } from '../database/database-probe.ts';
import type { NeededRights } from '../database/rights.ts';
import { missingRights } from '../database/rights.ts';
import { queueSchema } from './migrate-queue.ts';

/** Whether messages of jobs can be sent and taken. */
@Injectable()
export class QueueHealth {
  private readonly rights: NeededRights;

  constructor(
    private readonly probe: DatabaseProbe,
    @Inject(configToken('database')) config: DatabaseConfig,
  ) {
    this.rights = {
      schema: queueSchema(urlOf({ url: config.directUrl ?? config.url })),
      madeWith: 'migration',
      exceptions: { migration: ['SELECT'] },
      // BullMQ sends many messages at once by way of some.
      temporaryTables: true,
    };
  }

  /**
   * What the queue lacks, in words; nothing when it works.
   * @throws when the database does not answer
   */
  async shortcomings(): Promise<readonly string[]> {
    const { direct } = this.probe;
    const rights = await missingRights(queryOn(direct), this.rights);
    if (rights.length > 0) return rights;
    try {
      await assertSchemaCompatibility(direct, this.rights.schema);
      return [];
    } catch (error) {
      if (error instanceof SchemaMigrationRequiredError) return ['its tables, which "npm run db:migrate" makes'];
      throw error;
    }
  }
}
