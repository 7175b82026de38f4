import { Global, Module } from '@nestjs/common';
import { Feature } from '../../platform/feature/feature.ts';
import { AccessDenialRecorder } from '../../platform/http/auth/permission-checker.ts';
import { currentRequest } from '../../platform/logging/request-context.ts';
import { AuditRepository, AuditRetention, securityEventsExport } from './audit.repository.ts';
import { AuditService } from './audit.service.ts';

/** Writes audit events in the transaction of the action. */
@Global()
@Module({
  imports: [
    Feature.declare({
      tag: { name: 'audit', description: 'Audit events of actions that succeeded or were rejected', order: 6 },
      permissions: { 'audit:read': ['admin'] },
      auditEvents: ['authz_fail'],
      accountExport: { securityEvents: securityEventsExport },
      retention: [{ name: 'auditEvents', task: AuditRetention }],
    }),
  ],
  providers: [
    AuditRepository,
    AuditRetention,
    AuditService,
    {
      provide: AccessDenialRecorder,
      inject: [AuditService],
      useFactory: (audit: AuditService): AccessDenialRecorder => ({
        // Handlers check permissions too, inside a transaction that the rejection rolls back.
        forbidden: async (reason) => {
          const subjectId = currentRequest()?.principalId;
          await audit.recordFailureAfterTransaction('authz_fail', {
            reason,
            ...(subjectId === undefined ? {} : { subjectId }),
          });
        },
      }),
    },
  ],
  exports: [AuditService, AccessDenialRecorder],
})
export class AuditModule {}
