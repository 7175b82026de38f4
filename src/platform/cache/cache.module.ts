import { Global, Module } from '@nestjs/common';
import { Cache } from './cache.ts';

/** A cache of values that are expensive to load. */
@Global()
@Module({ providers: [Cache], exports: [Cache] })
export class CacheModule {}
