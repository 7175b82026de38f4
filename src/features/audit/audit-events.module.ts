import { Module } from '@nestjs/common';
import { graphqlResolver } from '../../platform/feature/graphql-resolver.ts';
import { permissionsOf } from '../../platform/http/auth/permissions.ts';
import { ArtifactsModule } from '../jobs/artifacts/index.ts';
import { UsersModule } from '../users/index.ts';
import { AuditExportJob, GrantedPermissions } from './audit-export.job.ts';
import { AuditEventsController } from './audit-events.controller.ts';
import { SecurityEventsController } from './security-events.controller.ts';
import { UserAuditEventsController } from './user-audit-events.controller.ts';

/** Read access to the audit log: all events, those about one user, the security events of the caller, and exports. */
@Module({
  imports: [ArtifactsModule, UsersModule],
  controllers: [AuditEventsController, SecurityEventsController, UserAuditEventsController],
  providers: [
    AuditExportJob,
    { provide: GrantedPermissions, useValue: { of: permissionsOf } },
    ...graphqlResolver(async () => (await import('./audit-events.resolver.ts')).AuditEventsResolver),
  ],
})
export class AuditEventsModule {}
