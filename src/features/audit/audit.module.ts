import { Global, Module } from '@nestjs/common';
import { Denials } from '../../http/auth/denials.ts';
import { currentRequest } from '../../logging/request-context.ts';
import { AuditRepository } from './audit.repository.ts';
import { AuditService } from './audit.service.ts';

/** What happened, written down in the transaction that did it. */
@Global()
@Module({
  providers: [
    AuditRepository,
    AuditService,
    {
      provide: Denials,
      inject: [AuditService],
      useFactory: (audit: AuditService): Denials => ({
        // A handler may ask for a permission too, inside of the transaction that its refusal rolls back.
        forbidden: async (reason) => {
          // Refused to somebody, so it is about them.
          const subjectId = currentRequest()?.principalId;
          await audit.refuseBehind('authz_fail', { reason, ...(subjectId === undefined ? {} : { subjectId }) });
        },
      }),
    },
  ],
  exports: [AuditService, Denials],
})
export class AuditModule {}
