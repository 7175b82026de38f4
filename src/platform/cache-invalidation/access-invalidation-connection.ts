import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import type { DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import type { AccessInvalidation } from './access-invalidation.ts';
import { parseAccessInvalidation } from './access-invalidation.ts';
import { directPool } from '../database/direct-pool.ts';

const channel = 'plinth_access_invalidations';

/** A connection that does not respond for this long is replaced. */
const queryTimeoutMs = 1000;

/**
 * The changes of all transactions that had not ended at the previous poll, and the horizon of this poll. Comparing
 * times instead would miss transactions that commit late.
 */
const invalidationsSince = `
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, coalesce(json_agg(
    json_build_object('sessionId', session_id, 'userId', user_id, 'kid', kid, 'cacheEntry', cache_entry)) FILTER (WHERE id IS NOT NULL), '[]') AS changes
  FROM (SELECT) AS always LEFT JOIN access_invalidations ON xact >= $1::xid8`;

/** The result of a poll. */
export interface InvalidationBatch {
  readonly invalidations: readonly AccessInvalidation[];
  /** The transaction ids went back, as after a restore: all caches must be cleared. */
  readonly sequenceReset: boolean;
}

/** Receives what happens to the connection between polls. */
export interface ConnectionObserver {
  onNotification(change: AccessInvalidation): void;
  /** The connection has ended: notifications are lost until the next poll succeeds. */
  onEnd(): void;
}

/** One direct connection to PostgreSQL, which listens and polls. */
@Injectable()
export class AccessInvalidationConnection {
  private readonly pool: Pool;
  private client: PoolClient | undefined;
  private horizon: string | undefined;
  private readonly otherChannels = new Map<string, (payload: string) => void>();

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.pool = directPool(config, { max: 1 });
  }

  /** Calls the listener for notifications on another channel; takes effect when the connection is opened. */
  listenTo(name: string, listener: (payload: string) => void): void {
    this.otherChannels.set(name, listener);
  }

  /**
   * Returns the changes since the previous poll, possibly with repetitions.
   * @param observer of the connection, from the poll that opens it
   * @throws errors of node-postgres; the next call reconnects
   */
  async poll(observer: ConnectionObserver): Promise<InvalidationBatch> {
    try {
      return await this.queryInvalidations(this.client ?? (await this.listen(observer)));
    } catch (error) {
      this.discardClient();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.discardClient();
    await this.pool.end();
  }

  private async listen(observer: ConnectionObserver): Promise<PoolClient> {
    const client = await this.pool.connect();
    // Stored before LISTEN, so that discardClient() releases the only connection of the pool should LISTEN fail.
    this.client = client;
    client.on('notification', ({ channel: name, payload }) => {
      const other = this.otherChannels.get(name);
      if (other !== undefined) {
        other(payload ?? '');
        return;
      }
      // Any role may notify on any channel. Invalid payloads are ignored: the poll returns all changes.
      const change = parseAccessInvalidation(payload ?? '');
      if (change !== undefined) observer.onNotification(change);
    });
    client.on('end', () => {
      // A discarded connection may end after its replacement was opened.
      if (this.client === client) observer.onEnd();
    });
    await client.query([channel, ...this.otherChannels.keys()].map((name) => `LISTEN ${name}`).join('; '));
    return client;
  }

  private async queryInvalidations(client: PoolClient): Promise<InvalidationBatch> {
    const query = { text: invalidationsSince, values: [this.horizon], query_timeout: queryTimeoutMs };
    const { rows } = await client.query<{ horizon: string; changes: AccessInvalidation[] }>(query);
    const [{ horizon, changes: invalidations } = { horizon: '0', changes: [] }] = rows;
    const sequenceReset = this.horizon !== undefined && BigInt(horizon) < BigInt(this.horizon);
    this.horizon = horizon;
    return { invalidations, sequenceReset };
  }

  private discardClient(): void {
    this.client?.release(true);
    this.client = undefined;
  }
}
