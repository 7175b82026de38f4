import { Module } from '@nestjs/common';
import { Feature } from '../../platform/feature/feature.ts';
import { HealthModule } from '../health/index.ts';
import { QueuesModule } from '../jobs/queues/index.ts';
import { UsersModule } from '../users/index.ts';
import { StatsController } from './stats.controller.ts';
import { StatsRepository } from './stats.repository.ts';
import { StatsService } from './stats.service.ts';

/** Numbers about the service, for administrators. */
@Module({
  imports: [
    HealthModule,
    QueuesModule,
    UsersModule,
    Feature.declare({ tag: { name: 'stats', description: 'Numbers about users, logins and jobs' } }),
  ],
  controllers: [StatsController],
  providers: [StatsRepository, StatsService],
})
export class StatsModule {}
