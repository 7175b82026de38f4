import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.ts';

/** Longest key or tag, in characters. */
export const cacheEntryMax = 200;

/** Invalidates entries of the cache on every instance. */
@Injectable()
export class CacheEntryInvalidationsRepository {
  constructor(private readonly db: Transactions) {}

  /**
   * Every instance receives it when the current transaction commits, and none when it rolls back.
   * @param cacheEntry `key …` or `tag …`
   */
  async insert(cacheEntry: string): Promise<void> {
    await this.db.tx.$executeRaw`
      WITH inserted AS (
        INSERT INTO access_invalidations (cache_entry) VALUES (${cacheEntry}) RETURNING cache_entry
      )
      SELECT pg_notify('plinth_access_invalidations', json_build_object('cacheEntry', cache_entry)::text)
      FROM inserted`;
  }
}
