import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../config/config.module.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { directPool } from '../database/direct-pool.ts';

/** Seconds that a lease lasts from its last heartbeat. */
export const leaseSeconds = 10;

/**
 * The three connections that leases are kept on. They are their own: the pool's may all be held by the transactions of
 * the very jobs whose leases they keep.
 */
@Injectable()
export class LeaseConnections implements OnApplicationShutdown {
  readonly leases: ReturnType<typeof directPool>;
  /** Whatever the others wait for: a healthy attempt must not lose its lease by it. */
  readonly beats: ReturnType<typeof directPool>;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.leases = directPool(config, { max: 2 });
    this.beats = directPool(config, { max: 1 });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.leases.end(), this.beats.end()]);
  }
}
