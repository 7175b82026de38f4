import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.ts';
import { AuditEventsController } from './audit-events.controller.ts';
import { SecurityEventsController } from './security-events.controller.ts';
import { UserAuditEventsController } from './user-audit-events.controller.ts';

/** The auditor's book, for reading: all of it, what it says about a user, and what a user may see of that. */
@Module({
  imports: [UsersModule],
  controllers: [AuditEventsController, SecurityEventsController, UserAuditEventsController],
})
export class AuditEventsModule {}
