import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { AppModule } from './app.module.ts';
import type { Config } from './config/config.ts';

/** Who lives in the process that only works the queue: the same features, and always a worker. */
@Module({})
export class WorkerModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: WorkerModule,
      imports: [AppModule.forRoot({ ...config, queue: { ...config.queue, inline: true } })],
    };
  }
}
