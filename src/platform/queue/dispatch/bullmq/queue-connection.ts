import { Inject, Injectable } from '@nestjs/common';
import type { QueueOptions } from 'bullmq';
import { configToken } from '../../../config/config.module.ts';
import type { RedisConfig } from '../../../config/variables/redis.ts';
import type { RedisConnection } from '../../../redis/redis-connection.ts';
import { SharedRedis } from '../../../redis/shared-redis.ts';
import { WorkerClient } from '../../../redis/worker-client.ts';

/** Braces: the keys of all queues are in one slot of a cluster. */
const prefix = '{plinth}';

/** The connections to Redis of queues, whose commands fail at once without Redis, and of workers, whose commands wait. */
@Injectable()
export class QueueConnection {
  readonly redis: RedisConnection;
  private readonly url: string;
  private workerClient: WorkerClient | undefined;

  constructor(@Inject(configToken('redis')) { url }: RedisConfig, { connection }: SharedRedis) {
    if (url === undefined || connection === undefined) throw new Error('BullMQ requires REDIS_URL');
    this.url = url;
    this.redis = connection;
  }

  /** For queues; closing them leaves the connection open. */
  get queueOptions(): QueueOptions {
    return { connection: this.redis.client, prefix };
  }

  /** For workers, each of which opens a second connection of the same kind. */
  get workerOptions(): QueueOptions {
    this.workerClient ??= new WorkerClient(this.url);
    return { connection: this.workerClient, prefix };
  }

  /** Closes the connections of workers. Commands that wait for Redis are dropped. */
  disconnectWorkers(): void {
    this.workerClient?.disconnectAll();
  }
}
