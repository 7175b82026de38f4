import { Global, Module } from '@nestjs/common';
import { Dispatcher } from '../dispatcher.ts';
import { ClaimsRepository } from './claims.repository.ts';
import { PostgresDispatcher } from './postgres-dispatcher.ts';

/** Dispatches jobs from PostgreSQL. */
@Global()
@Module({
  providers: [ClaimsRepository, PostgresDispatcher, { provide: Dispatcher, useExisting: PostgresDispatcher }],
  exports: [Dispatcher],
})
export class PostgresDispatchModule {}
