import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module.ts';
import { SchedulesModule } from '../schedules/schedules.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { UsersExportJob } from './users-export.job.ts';
import { UsersSnapshotRepository } from './users-snapshot.repository.ts';
import { UsersController } from './users.controller.ts';
import { UsersRepository } from './users.repository.ts';
import { UsersService } from './users.service.ts';

/** People with an account. */
@Module({
  imports: [ArtifactsModule, SchedulesModule, SessionsModule],
  controllers: [UsersController],
  providers: [UsersExportJob, UsersRepository, UsersService, UsersSnapshotRepository],
  exports: [UsersService],
})
export class UsersModule {}
