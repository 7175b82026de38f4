import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Config } from './platform/config/config.ts';
import { ConfigModule } from './platform/config/config.module.ts';
import { CacheInvalidationModule } from './platform/cache-invalidation/cache-invalidation.module.ts';
import { CacheModule } from './platform/cache/cache.module.ts';
import { DatabaseModule } from './platform/database/database.module.ts';
import { AdminConsoleModule } from './features/admin-console/index.ts';
import { HostedPagesModule } from './features/hosted-pages/index.ts';
import { AuditModule } from './features/audit/index.ts';
// Not in the index: it imports the users, which import the index.
import { AuditEventsModule } from './features/audit/audit-events.module.ts';
import { ApiKeysModule } from './features/auth/api-keys/index.ts';
import { AuthModule } from './features/auth/login/index.ts';
import { EmailVerificationModule } from './features/auth/email-verification/index.ts';
import { HealthModule } from './features/health/index.ts';
import { JobsModule } from './features/jobs/index.ts';
import { MailboxModule } from './features/mail/index.ts';
import { RetentionModule } from './features/retention/index.ts';
import { SchedulesModule } from './features/jobs/schedules/index.ts';
import { QueueDashboardModule } from './features/jobs/queue-dashboard/index.ts';
import { QueuesModule } from './features/jobs/queues/index.ts';
import { SessionsModule } from './features/auth/sessions/index.ts';
import { StartPageModule } from './features/start-page/index.ts';
import { StatsModule } from './features/stats/index.ts';
import { UsersModule } from './features/users/index.ts';
import { FeatureModule } from './platform/feature/feature-registry.ts';
import { HttpModule } from './platform/http/http.module.ts';
import { DependenciesModule } from './platform/resilience/dependencies.ts';
import { RedisModule } from './platform/redis/redis.module.ts';
import { QueueModule } from './platform/queue/queue.module.ts';
import { LoggingModule } from './platform/logging/logging.module.ts';
import { TelemetryModule } from './platform/telemetry/telemetry.module.ts';

/** The modules of the service. */
@Module({})
export class AppModule {
  /** @param features modules in addition to the built-in ones */
  static forRoot(config: Config, features: readonly (DynamicModule | Type)[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        FeatureModule,
        LoggingModule,
        TelemetryModule,
        DatabaseModule,
        RedisModule,
        DependenciesModule,
        CacheInvalidationModule,
        CacheModule,
        QueueModule.forRoot(config.queue),
        HttpModule,
        AdminConsoleModule,
        HostedPagesModule,
        AuditModule,
        AuditEventsModule,
        ApiKeysModule,
        AuthModule,
        EmailVerificationModule,
        HealthModule,
        JobsModule,
        MailboxModule.forRoot(config),
        RetentionModule,
        SchedulesModule,
        QueueDashboardModule,
        QueuesModule,
        SessionsModule,
        StartPageModule,
        StatsModule,
        UsersModule,
        ...features,
      ],
    };
  }
}
