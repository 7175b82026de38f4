import { Module } from '@nestjs/common';
import { ReapJob } from './reap.job.ts';
import { ReapRepository } from './reap.repository.ts';

/** What the service does for its own sake. */
@Module({ providers: [ReapJob, ReapRepository] })
export class MaintenanceModule {}
