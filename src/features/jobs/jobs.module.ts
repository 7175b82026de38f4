import { Module } from '@nestjs/common';
import { Feature } from '../../platform/feature/feature.ts';
import { graphqlResolver } from '../../platform/feature/graphql-resolver.ts';
import { ArtifactsModule } from './artifacts/index.ts';
import { JobArchive } from './job-archive.ts';
import { JobArtifactController } from './job-artifact.controller.ts';
import { JobEventFeed } from './job-event-feed.ts';
import { JobEventsController } from './job-events.controller.ts';
import { JobTypesController } from './job-types.controller.ts';
import { JobValidator } from './job-validator.ts';
import { JobsController } from './jobs.controller.ts';
import { JobsService } from './jobs.service.ts';

/** The API of background jobs. */
@Module({
  imports: [
    ArtifactsModule,
    Feature.declare({
      tag: {
        name: 'jobs',
        description: 'Background jobs: create, stream, cancel and retry them, and download their artifacts',
        order: 3,
      },
      permissions: { 'jobs:read': ['admin'], 'jobs:write': ['admin'] },
      resourceAccess: {
        getJob: 'jobs:read',
        streamJobEvents: 'jobs:read',
        cancelJob: 'jobs:write',
        retryJob: 'jobs:write',
      },
      auditEvents: ['job_cancelled', 'job_requested', 'job_retried'],
      retention: [
        {
          table: 'jobs',
          // A job stays while its artifact can be downloaded. Those without artifacts are archived before.
          expired: `finished_at < now() - interval '30 days'
            AND NOT EXISTS (SELECT FROM artifacts WHERE job_id = jobs.id AND expires_at > now())`,
          orderBy: 'finished_at',
          children: { table: 'job_events', foreignKey: 'job_id', key: ['job_id', 'seq'] },
        },
        { name: 'jobs', task: JobArchive },
      ],
    }),
  ],
  controllers: [JobsController, JobEventsController, JobArtifactController, JobTypesController],
  providers: [
    JobArchive,
    JobEventFeed,
    JobsService,
    JobValidator,
    ...graphqlResolver(async () => (await import('./job-events.resolver.ts')).JobEventsResolver),
    ...graphqlResolver(async () => (await import('./job-mutations.resolver.ts')).JobMutationsResolver),
    ...graphqlResolver(async () => (await import('./jobs.resolver.ts')).JobsResolver),
  ],
})
export class JobsModule {}
