import { Module } from '@nestjs/common';
import { Feature } from '../../platform/feature/feature.ts';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.ts';
import { ReadinessService } from './readiness.service.ts';

/** Liveness, startup and readiness probes. */
@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    Feature.declare({ tag: { name: 'health', description: 'Probes for orchestrators and load balancers' } }),
  ],
  controllers: [HealthController],
  providers: [ReadinessService],
  exports: [ReadinessService],
})
export class HealthModule {}
