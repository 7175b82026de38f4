import { Module } from '@nestjs/common';
import { Feature } from '../../platform/feature/feature.ts';
import { graphqlResolver } from '../../platform/feature/graphql-resolver.ts';
import { permissionsOf } from '../../platform/http/auth/permissions.ts';
import { ArtifactsModule } from '../jobs/artifacts/index.ts';
import { MailModule } from '../mail/index.ts';
import { SchedulesModule } from '../jobs/schedules/index.ts';
import { SessionsModule } from '../auth/sessions/index.ts';
import { AccountsService } from './accounts.service.ts';
import { AccountExportJob } from './account-export.job.ts';
import { AdministratorsRepository } from './administrators.repository.ts';
import { CredentialsRepository } from './credentials.repository.ts';
import { CredentialsService } from './credentials.service.ts';
import { UsersExportJob } from './users-export.job.ts';
import { InvitationsService } from './invitations.service.ts';
import { MeController } from './me.controller.ts';
import { ForcedPasswordResetService } from './forced-password-reset.service.ts';
import { OwnUserRepository, profileExport } from './own-user.repository.ts';
import { UserAccessController } from './user-access.controller.ts';
import { UserEmailsRepository } from './user-emails.repository.ts';
import { UserEmailsService } from './user-emails.service.ts';
import { UserPurge, UserPurgeRepository } from './user-purge.repository.ts';
import { UserStatusRepository } from './user-status.repository.ts';
import { UserStatusService } from './user-status.service.ts';
import { UsersController } from './users.controller.ts';
import { UsersImportController } from './users-import.controller.ts';
import { ImportedUserDto } from './users-import.dto.ts';
import { UsersImportJob } from './users-import.job.ts';
import { ImportRules, UsersImportRows } from './users-import-rows.ts';
import { UsersImportRepository } from './users-import.repository.ts';
import { UsersImportService } from './users-import.service.ts';
import { UsersInviteJob } from './users-invite.job.ts';
import { UserLoader } from './users.loader.ts';
import { UsersListRepository } from './users-list.repository.ts';
import { UsersRepository } from './users.repository.ts';
import { UsersService } from './users.service.ts';

/** Accounts, profiles, status, invitations, and the export and import of users. */
@Module({
  imports: [
    ArtifactsModule,
    MailModule,
    SchedulesModule,
    SessionsModule,
    Feature.declare({
      tag: {
        name: 'users',
        description: 'Accounts: your own, and those of other users for administrators',
        order: 2,
      },
      permissions: {
        'users:export': ['admin'],
        'users:import': ['admin'],
        'users:read': ['admin'],
        'users:write': ['admin'],
      },
      auditEvents: [
        'authn_password_change',
        'authz_admin',
        'authz_fail',
        'user_created',
        'user_deleted',
        'user_email_changed',
        'user_email_reverted',
        'user_email_verified',
        'user_restored',
        'user_updated',
      ],
      retention: [
        {
          table: 'user_imports',
          expired: 'expires_at <= now()',
          orderBy: 'expires_at',
          children: { table: 'user_import_chunks', foreignKey: 'import_id', key: ['import_id', 'seq'] },
        },
        { name: 'users', task: UserPurge },
      ],
      accountExport: { profile: profileExport },
    }),
  ],
  controllers: [MeController, UsersController, UsersImportController, UserAccessController],
  providers: [
    AccountExportJob,
    AccountsService,
    AdministratorsRepository,
    CredentialsRepository,
    CredentialsService,
    InvitationsService,
    ForcedPasswordResetService,
    OwnUserRepository,
    UserEmailsRepository,
    UserEmailsService,
    UserPurge,
    UserPurgeRepository,
    UserStatusRepository,
    UserStatusService,
    UsersExportJob,
    UsersImportJob,
    UsersImportRepository,
    UsersImportRows,
    UsersImportService,
    UsersInviteJob,
    { provide: ImportRules, useValue: { row: ImportedUserDto, permissionsOf } },
    UsersListRepository,
    UsersRepository,
    UsersService,
    UserLoader,
    ...graphqlResolver(async () => (await import('./job-owner.resolver.ts')).JobOwnerResolver),
    ...graphqlResolver(async () => (await import('./user-mutations.resolver.ts')).UserMutationsResolver),
    ...graphqlResolver(async () => (await import('./users.resolver.ts')).UsersResolver),
  ],
  exports: [AccountsService, CredentialsService, UserEmailsService, UserLoader, UsersService],
})
export class UsersModule {}
