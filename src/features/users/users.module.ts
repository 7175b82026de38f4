import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { SchedulesModule } from '../schedules/schedules.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { CredentialsRepository } from './credentials.repository.ts';
import { CredentialsService } from './credentials.service.ts';
import { UsersExportJob } from './users-export.job.ts';
import { UsersSnapshotRepository } from './users-snapshot.repository.ts';
import { InvitationsService } from './invitations.service.ts';
import { MeController } from './me.controller.ts';
import { UserAuditEventsController } from './user-audit-events.controller.ts';
import { UsersController } from './users.controller.ts';
import { UsersRepository } from './users.repository.ts';
import { UsersService } from './users.service.ts';

/** People with an account. */
@Module({
  imports: [ArtifactsModule, MailModule, SchedulesModule, SessionsModule],
  controllers: [MeController, UsersController, UserAuditEventsController],
  providers: [
    CredentialsRepository,
    CredentialsService,
    InvitationsService,
    UsersExportJob,
    UsersRepository,
    UsersService,
    UsersSnapshotRepository,
  ],
  exports: [CredentialsService, UsersService],
})
export class UsersModule {}
