import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Config } from './config/config.ts';
import { ConfigModule } from './config/config.module.ts';
import { DatabaseModule } from './database/database.module.ts';
import { AccountPagesModule } from './features/account-pages/account-pages.module.ts';
import { AuditModule } from './features/audit/audit.module.ts';
import { AuditEventsModule } from './features/audit-events/audit-events.module.ts';
import { AuthModule } from './features/auth/auth.module.ts';
import { EmailAddressesModule } from './features/email-addresses/email-addresses.module.ts';
import { HealthModule } from './features/health/health.module.ts';
import { JobsModule } from './features/jobs/jobs.module.ts';
import { MailboxModule } from './features/mail/mail.module.ts';
import { MaintenanceModule } from './features/maintenance/maintenance.module.ts';
import { SchedulesModule } from './features/schedules/schedules.module.ts';
import { QueuesModule } from './features/queues/queues.module.ts';
import { SessionsModule } from './features/sessions/sessions.module.ts';
import { UsersModule } from './features/users/users.module.ts';
import { HttpModule } from './http/http.module.ts';
import { QueueModule } from './queue/queue.module.ts';
import { LoggingModule } from './logging/logging.module.ts';

/** Who lives in the HTTP process. */
@Module({})
export class AppModule {
  /** `features` join those that ship with the service. */
  static forRoot(config: Config, features: readonly Type[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule,
        DatabaseModule,
        QueueModule,
        HttpModule,
        AccountPagesModule,
        AuditModule,
        AuditEventsModule,
        AuthModule,
        EmailAddressesModule,
        HealthModule,
        JobsModule,
        MailboxModule.forRoot(config),
        MaintenanceModule,
        SchedulesModule,
        QueuesModule,
        SessionsModule,
        UsersModule,
        ...features,
      ],
    };
  }
}
