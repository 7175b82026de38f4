import { Module } from '@nestjs/common';
import { CrashPoints } from './crash-points.ts';
import { BareJob, EffectJob, OrdinaryJob } from './effect.job.ts';
import { Promises, ProveController } from './prove.controller.ts';

/** The feature that scenarios work with. */
@Module({ controllers: [ProveController], providers: [BareJob, CrashPoints, EffectJob, OrdinaryJob, Promises] })
export class ProveModule {}
