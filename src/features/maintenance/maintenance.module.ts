import { Module } from '@nestjs/common';
import { PurgeRepository } from './purge.repository.ts';
import { ReapJob } from './reap.job.ts';
import { ReapRepository } from './reap.repository.ts';

/** What the service does for its own sake. */
@Module({ providers: [PurgeRepository, ReapJob, ReapRepository] })
export class MaintenanceModule {}
