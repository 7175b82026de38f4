import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../../config/config.module.ts';
import type { DatabaseConfig } from '../../config/config.ts';
import { directPool } from '../../database/direct-pool.ts';

/**
 * The three connections on which leases are kept. They are separate from the main pool, which the transactions of the
 * jobs that hold those leases may use up.
 */
@Injectable()
export class LeaseConnections implements OnApplicationShutdown {
  readonly leases: ReturnType<typeof directPool>;
  /** Separate from `leases`: a heartbeat that waits for other statements would cost an attempt its lease. */
  readonly heartbeats: ReturnType<typeof directPool>;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.leases = directPool(config, { max: 2 });
    this.heartbeats = directPool(config, { max: 1 });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.leases.end(), this.heartbeats.end()]);
  }
}
