import { Global, Module } from '@nestjs/common';
import { SharedRedis } from './shared-redis.ts';

/** The connection to Redis, which is optional. */
@Global()
@Module({ providers: [SharedRedis], exports: [SharedRedis] })
export class RedisModule {}
