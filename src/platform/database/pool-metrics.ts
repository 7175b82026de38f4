import { Injectable } from '@nestjs/common';
import { Metrics } from '../telemetry/metrics.ts';
import { Database } from './database.ts';
import { InternalPool } from './internal-pool.ts';
import type { PoolState } from './postgres-pool.ts';

const poolName = 'db_client_connection_pool_name';
const stateName = 'db_client_connection_state';

/** Metrics of the connection pools, by OpenTelemetry's conventions for database clients. */
@Injectable()
export class PoolMetrics {
  constructor(metrics: Metrics, database: Database, { direct, pooled }: InternalPool) {
    const pools = { main: database, internal: direct, ...(pooled === direct ? {} : { 'internal-pooled': pooled }) };
    const states = (): [string, PoolState][] => Object.entries(pools).map(([name, pool]) => [name, pool.poolState]);
    metrics.gauge(
      {
        name: 'db_client_connection_count',
        help: 'Connections to PostgreSQL, by pool and state.',
        labelNames: [poolName, stateName],
      },
      (set) => {
        for (const [name, { used, idle }] of states()) {
          set(used, { [poolName]: name, [stateName]: 'used' });
          set(idle, { [poolName]: name, [stateName]: 'idle' });
        }
      },
    );
    metrics.gauge(
      { name: 'db_client_connection_max', help: 'The most connections of a pool.', labelNames: [poolName] },
      (set) => {
        for (const [name, { max }] of states()) set(max, { [poolName]: name });
      },
    );
    metrics.gauge(
      {
        name: 'db_client_connection_pending_requests',
        help: 'Calls that wait for a connection of a pool.',
        labelNames: [poolName],
      },
      (set) => {
        for (const [name, { waiting }] of states()) set(waiting, { [poolName]: name });
      },
    );
  }
}
