import { Module } from '@nestjs/common';
import { UsersModule } from '../users/index.ts';
import { AuditEventsController } from './audit-events.controller.ts';
import { SecurityEventsController } from './security-events.controller.ts';
import { UserAuditEventsController } from './user-audit-events.controller.ts';

/** Read access to the audit log: all events, those about one user, and the security events of the caller. */
@Module({
  imports: [UsersModule],
  controllers: [AuditEventsController, SecurityEventsController, UserAuditEventsController],
})
export class AuditEventsModule {}
