import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import type { DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import type { AccessChange } from './access-change.ts';
import { readAccessChange } from './access-change.ts';
import { directPool } from './direct-pool.ts';

const channel = 'plinth_access_changes';

/** A connection that says nothing for so long leads nowhere. */
const answersWithinMs = 1000;

/**
 * The changes of all transactions that had not ended when the poll before was made, and how far this one sees. A time
 * in their place would miss what commits late.
 */
const changesSince = `
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, coalesce(json_agg(
    json_build_object('sessionId', session_id, 'userId', user_id, 'kid', kid)) FILTER (WHERE id IS NOT NULL), '[]') AS changes
  FROM (SELECT) AS always LEFT JOIN access_changes ON xact >= $1::xid8`;

/** What a poll brings. */
export interface News {
  readonly changes: readonly AccessChange[];
  /** The database is behind where it was, another one perhaps: what was known of it is to be forgotten. */
  readonly wentBack: boolean;
}

/** One connection straight to PostgreSQL, which listens and asks. */
@Injectable()
export class AccessChangesConnection {
  private readonly pool: Pool;
  private client: PoolClient | undefined;
  private horizon: string | undefined;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.pool = directPool(config, { max: 1 });
  }

  /**
   * The changes since the poll before, some perhaps again; `heard` is told those that arrive later on their own.
   * @throws whatever node-postgres does; the next call connects anew
   */
  async poll(heard: (change: AccessChange) => void): Promise<News> {
    try {
      return await this.ask(this.client ?? (await this.listen(heard)));
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.drop();
    await this.pool.end();
  }

  private async listen(heard: (change: AccessChange) => void): Promise<PoolClient> {
    const client = await this.pool.connect();
    // The pool has no other connection: from now on drop() gives this one back, should it refuse to listen.
    this.client = client;
    client.on('notification', ({ payload }) => {
      // Every role may notify on any channel. What is no change is passed over: the poll brings what was one.
      const change = readAccessChange(payload ?? '');
      if (change !== undefined) heard(change);
    });
    await client.query(`LISTEN ${channel}`);
    return client;
  }

  private async ask(client: PoolClient): Promise<News> {
    const query = { text: changesSince, values: [this.horizon], query_timeout: answersWithinMs };
    const { rows } = await client.query<{ horizon: string; changes: AccessChange[] }>(query);
    const [{ horizon, changes } = { horizon: '0', changes: [] }] = rows;
    const wentBack = this.horizon !== undefined && BigInt(horizon) < BigInt(this.horizon);
    this.horizon = horizon;
    return { changes, wentBack };
  }

  private drop(): void {
    this.client?.release(true);
    this.client = undefined;
  }
}
