import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { ClsPluginTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import type { Config, DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { AccessChanges } from './access-changes.ts';
import { AccessChangesConnection } from './access-changes-connection.ts';
import { Database } from './database.ts';
import { DatabaseProbe } from './database-probe.ts';
import { NamedReads } from './named-reads.ts';
import { Sealer } from './sealer.ts';
import { Totals } from './totals.ts';
import { TransactionCarrier, Transactions } from './transactions.ts';

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

  /** Last of all: requests are served until the server has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.$disconnect();
  }
}

/** The one door to PostgreSQL. */
@Global()
@Module({
  imports: [
    DatabaseConnectionModule,
    ClsModule.forRoot({
      global: true,
      plugins: [new ClsPluginTransactional({ imports: [DatabaseConnectionModule], adapter: new TransactionCarrier() })],
    }),
  ],
  providers: [
    { provide: Transactions, useExisting: TransactionHost },
    {
      provide: Sealer,
      inject: [configToken('service')],
      useFactory: (config: Config['service']) => new Sealer(config.secret),
    },
    AccessChanges,
    AccessChangesConnection,
    DatabaseProbe,
    NamedReads,
    Totals,
  ],
  exports: [AccessChanges, Transactions, Sealer, DatabaseProbe, NamedReads, Totals],
})
export class DatabaseModule {}
