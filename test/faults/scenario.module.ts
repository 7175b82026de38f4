import { Module } from '@nestjs/common';
import { CrashPoints } from './crash-points.ts';
import { BareJob, EffectJob, OrdinaryJob } from './effect.job.ts';
import { ScenarioJobs, ScenarioController } from './scenario.controller.ts';
import { ThreadJob } from './thread.job.ts';

/** A feature for scenarios, which their processes run beside the service's own. */
@Module({
  controllers: [ScenarioController],
  providers: [BareJob, CrashPoints, EffectJob, OrdinaryJob, ScenarioJobs, ThreadJob],
})
export class ScenarioModule {}
