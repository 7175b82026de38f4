import { Global, Module } from '@nestjs/common';
import { Feature } from '../feature/feature.ts';
import { AccessInvalidationBus } from './access-invalidation-bus.ts';
import { AccessInvalidationConnection } from './access-invalidation-connection.ts';

/** Invalidates what instances have cached about sessions, users and signing keys. */
@Global()
@Module({
  imports: [
    Feature.declare({
      // Every instance has received them long before.
      retention: [{ table: 'access_invalidations', expired: "at < now() - interval '1 hour'", orderBy: 'at' }],
    }),
  ],
  providers: [AccessInvalidationBus, AccessInvalidationConnection],
  exports: [AccessInvalidationBus],
})
export class CacheInvalidationModule {}
