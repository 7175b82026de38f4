import { Injectable } from '@nestjs/common';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { DatabaseProbe } from '../../database/database-probe.ts';

/** For so long an answer serves every probe that comes. */
const cacheMs = 500;

/** Whether the database answers and has every migration that this build ships; at most two queries a second. */
@Injectable()
export class ReadinessService {
  private latest: { readonly result: Promise<HealthCheckResult>; until: number } | undefined;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseProbe,
  ) {}

  /** The state of what requests need; probes that come at the same time share one answer. */
  async check(): Promise<HealthCheckResult> {
    if (this.latest === undefined || performance.now() > this.latest.until) this.latest = this.asked();
    return await this.latest.result;
  }

  /** Good for whoever comes while the answer is awaited, and for a while after. */
  private asked(): { readonly result: Promise<HealthCheckResult>; until: number } {
    const asked = { result: this.ask(), until: Infinity };
    const arrived = (): void => {
      asked.until = performance.now() + cacheMs;
    };
    asked.result.then(arrived, arrived);
    return asked;
  }

  private async ask(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([async () => await this.databaseState()]);
    } catch (error) {
      return resultOf(error);
    }
  }

  private async databaseState(): Promise<HealthIndicatorResult> {
    const database = this.indicators.check('database');
    const migrations = this.indicators.check('migrations');
    try {
      const pending = await this.database.pendingMigrations();
      return { ...database.up(), ...(pending.length === 0 ? migrations.up() : migrations.down()) };
    } catch {
      return database.down();
    }
  }
}

/** Terminus throws its result when something is down. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof Error && 'getResponse' in error && typeof error.getResponse === 'function') {
    return (error as { getResponse: () => HealthCheckResult }).getResponse();
  }
  throw error;
}
