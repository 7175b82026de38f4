import { Global, Module } from '@nestjs/common';
import { configToken } from '../config/config.module.ts';
import type { TelemetryConfig } from '../config/variables/telemetry.ts';
import { MetricsServer } from './metrics-server.ts';
import { Metrics } from './metrics.ts';

/** The metrics of the process. */
@Global()
@Module({
  providers: [
    {
      provide: Metrics,
      inject: [configToken('telemetry')],
      useFactory: async ({ metrics }: TelemetryConfig) => await Metrics.create(metrics !== undefined),
    },
    MetricsServer,
  ],
  exports: [Metrics, MetricsServer],
})
export class TelemetryModule {}
