import { Global, Module } from '@nestjs/common';
import { Dispatcher } from '../dispatcher.ts';
import { ClaimsRepository } from './claims.repository.ts';
import { JobNotifier } from './job-notifier.ts';
import { PostgresDispatcher } from './postgres-dispatcher.ts';

/** Dispatches jobs from PostgreSQL. */
@Global()
@Module({
  providers: [
    ClaimsRepository,
    JobNotifier,
    PostgresDispatcher,
    { provide: Dispatcher, useExisting: PostgresDispatcher },
  ],
  exports: [Dispatcher],
})
export class PostgresDispatchModule {}
