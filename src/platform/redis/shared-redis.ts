import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { RedisConfig } from '../config/variables/redis.ts';
import { configToken } from '../config/config.module.ts';
import { RedisConnection } from './redis-connection.ts';

/** The Redis that processes share, if there is one. */
@Injectable()
export class SharedRedis implements OnModuleInit, OnApplicationShutdown {
  /** Undefined without REDIS_URL. */
  readonly connection: RedisConnection | undefined;

  constructor(@Inject(configToken('redis')) { url }: RedisConfig) {
    this.connection = url === undefined ? undefined : new RedisConnection(url, 'requests');
  }

  async onModuleInit(): Promise<void> {
    await this.connection?.open();
  }

  /** False only when Redis is configured and does not respond within 400 ms. */
  async isUsable(): Promise<boolean> {
    return (await this.connection?.responds()) ?? true;
  }

  /** Requests and jobs have ended before. */
  async onApplicationShutdown(): Promise<void> {
    await this.connection?.close();
  }
}
