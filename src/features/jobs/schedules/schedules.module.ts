import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { ScheduleValidator } from './schedule-validator.ts';
import { SchedulesController } from './schedules.controller.ts';
import { SchedulesService } from './schedules.service.ts';

/** The API of job schedules. */
@Module({
  imports: [
    Feature.declare({
      tag: { name: 'schedules', description: 'Schedules that create jobs by a cron expression', order: 4 },
      auditEvents: ['schedule_created', 'schedule_deleted', 'schedule_updated'],
    }),
  ],
  controllers: [SchedulesController],
  providers: [SchedulesService, ScheduleValidator],
  exports: [SchedulesService],
})
export class SchedulesModule {}
