export { SchedulesModule } from './schedules.module.ts';
export { SchedulesService } from './schedules.service.ts';
