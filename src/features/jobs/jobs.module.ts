import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module.ts';
import { JobArtifactController } from './job-artifact.controller.ts';
import { JobEventFeed } from './job-event-feed.ts';
import { JobEventsController } from './job-events.controller.ts';
import { JobTypesController } from './job-types.controller.ts';
import { JobsController } from './jobs.controller.ts';
import { JobsService } from './jobs.service.ts';

/** Work that users ask for. */
@Module({
  imports: [ArtifactsModule],
  controllers: [JobsController, JobEventsController, JobArtifactController, JobTypesController],
  providers: [JobEventFeed, JobsService],
})
export class JobsModule {}
