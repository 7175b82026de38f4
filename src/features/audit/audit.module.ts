import { Global, Module } from '@nestjs/common';
import { Denials } from '../../http/auth/denials.ts';
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
        forbidden: async (reason) => {
          await audit.refuse('authz_fail', { reason });
        },
      }),
    },
  ],
  exports: [AuditService, Denials],
})
export class AuditModule {}
