import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { directConfig, enableClientConnectionCheck, poolOptions } from './database.ts';
import { SharedPool } from './shared-pool.ts';

/**
 * The pool of everything that has to work while requests and jobs hold every connection of the main pool. Each part
 * reserves its share of the connections (docs/reference/connections.md).
 */
@Injectable()
export class InternalPool implements OnApplicationShutdown {
  /** Bypasses a pooler: sessions have settings and prepared statements. */
  readonly direct: SharedPool;
  /** Connects as requests do. A pool of its own behind a pooler, otherwise the same. */
  readonly pooled: SharedPool;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.direct = sharedPool(directConfig(config));
    this.pooled = config.pooled ? sharedPool(config) : this.direct;
  }

  /** Runs after the relay has sent its last jobs: global modules are shut down in the reverse order of their import. */
  async onApplicationShutdown(): Promise<void> {
    for (const pool of new Set([this.direct, this.pooled])) await pool.end();
  }
}

function sharedPool(config: DatabaseConfig): SharedPool {
  return new SharedPool({ onConnect: enableClientConnectionCheck, ...poolOptions(config) });
}
