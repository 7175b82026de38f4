import { Injectable } from '@nestjs/common';
import { InternalPool } from '../../database/internal-pool.ts';
import type { PoolShare } from '../../database/shared-pool.ts';

/** The connections for leases. The transactions of the jobs that hold these leases may use up the main pool. */
@Injectable()
export class LeaseConnections {
  readonly leases: PoolShare;
  /** Separate from `leases`: a heartbeat that waits for other statements would cost an attempt its lease. */
  readonly heartbeats: PoolShare;

  constructor({ direct }: InternalPool) {
    this.leases = direct.share(2);
    this.heartbeats = direct.share(1);
  }
}
