import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import type { Config, DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { Database } from './database.ts';
import { DatabaseProbe } from './database-probe.ts';
import { EncryptedColumns } from './encrypted-columns.ts';
import { HashKeys } from './hash-keys.ts';
import { InternalPool } from './internal-pool.ts';
import { PoolMetrics } from './pool-metrics.ts';
import { PoolWaits } from './pool-waits.ts';
import { PreparedQueries } from './prepared-queries.ts';
import { Encryptor } from '../crypto/encryptor.ts';
import { Totals } from './totals.ts';
import { PrismaTransactionAdapter, Transactions } from './transactions.ts';

@Module({
  providers: [
    {
      provide: Database,
      inject: [configToken('database')],
      useFactory: (config: DatabaseConfig) => new Database(config),
    },
  ],
  exports: [Database],
})
class DatabaseConnectionModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  /** Runs last, because requests are served until the server has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** The data access layer. */
@Global()
@Module({
  imports: [
    DatabaseConnectionModule,
    // Not forRoot(), which adds a guard and an interceptor to every route even if they are not mounted.
    ClsModule.registerPlugins([
      new ClsPluginTransactional({ imports: [DatabaseConnectionModule], adapter: new PrismaTransactionAdapter() }),
    ]),
  ],
  providers: [
    { provide: Transactions, useExisting: TransactionHost },
    {
      provide: Encryptor,
      inject: [configToken('service')],
      useFactory: (config: Config['service']) => new Encryptor(config),
    },
    { provide: PoolWaits, inject: [Database], useFactory: (database: Database) => database.waits },
    DatabaseProbe,
    EncryptedColumns,
    HashKeys,
    InternalPool,
    PoolMetrics,
    PreparedQueries,
    Totals,
  ],
  exports: [
    Transactions,
    Encryptor,
    DatabaseProbe,
    EncryptedColumns,
    HashKeys,
    InternalPool,
    PoolWaits,
    PreparedQueries,
    Totals,
  ],
})
export class DatabaseModule {}
