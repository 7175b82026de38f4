import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { SchedulesModule } from '../schedules/schedules.module.ts';
import { SessionsModule } from '../sessions/sessions.module.ts';
import { AccountsService } from './accounts.service.ts';
import { AdministratorsRepository } from './administrators.repository.ts';
import { CredentialsRepository } from './credentials.repository.ts';
import { CredentialsService } from './credentials.service.ts';
import { UsersExportJob } from './users-export.job.ts';
import { UsersSnapshotRepository } from './users-snapshot.repository.ts';
import { InvitationsService } from './invitations.service.ts';
import { MeController } from './me.controller.ts';
import { PasswordResetsService } from './password-resets.service.ts';
import { UserAccessController } from './user-access.controller.ts';
import { UserEmailsRepository } from './user-emails.repository.ts';
import { UserEmailsService } from './user-emails.service.ts';
import { UserStatesRepository } from './user-states.repository.ts';
import { UserStatesService } from './user-states.service.ts';
import { UsersController } from './users.controller.ts';
import { UsersListRepository } from './users-list.repository.ts';
import { UsersRepository } from './users.repository.ts';
import { UsersService } from './users.service.ts';

/** People with an account. */
@Module({
  imports: [ArtifactsModule, MailModule, SchedulesModule, SessionsModule],
  controllers: [MeController, UsersController, UserAccessController],
  providers: [
    AccountsService,
    AdministratorsRepository,
    CredentialsRepository,
    CredentialsService,
    InvitationsService,
    PasswordResetsService,
    UserEmailsRepository,
    UserEmailsService,
    UserStatesRepository,
    UserStatesService,
    UsersExportJob,
    UsersListRepository,
    UsersRepository,
    UsersService,
    UsersSnapshotRepository,
  ],
  exports: [AccountsService, CredentialsService, UserEmailsService, UsersService],
})
export class UsersModule {}
