import { Global, Module } from '@nestjs/common';
import { Feature } from '../feature/feature.ts';
import { AccessInvalidationBus } from './access-invalidation-bus.ts';
import { AccessInvalidationConnection } from './access-invalidation-connection.ts';
import { CacheEntryInvalidationsRepository } from './cache-entry-invalidations.repository.ts';

/** Invalidates what instances have cached about sessions, users, signing keys and other data. */
@Global()
@Module({
  imports: [
    Feature.declare({
      // Every instance has received them long before.
      retention: [{ table: 'access_invalidations', expired: "at < now() - interval '1 hour'", orderBy: 'at' }],
    }),
  ],
  providers: [AccessInvalidationBus, AccessInvalidationConnection, CacheEntryInvalidationsRepository],
  exports: [AccessInvalidationBus, CacheEntryInvalidationsRepository],
})
export class CacheInvalidationModule {}
