import { Injectable } from '@nestjs/common';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { DatabaseProbe } from '../../database/database-probe.ts';
import { QueueHealth } from '../../queue/queue-health.ts';

/** For so long an answer serves every probe that comes. */
const cacheMs = 500;

/** Whether the database and the queue can be worked with; asked at most twice a second. */
@Injectable()
export class ReadinessService {
  private latest: { readonly result: Promise<HealthCheckResult>; until: number } | undefined;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseProbe,
    private readonly queue: QueueHealth,
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
    try {
      const { wrongSettings, missingRights, pendingMigrations } = await this.database.state();
      return {
        ...database.up(),
        ...this.lacking('settings', wrongSettings),
        ...this.lacking('privileges', missingRights),
        ...(pendingMigrations && this.lacking('migrations', pendingMigrations)),
        ...(await this.queueState()),
      };
    } catch {
      return database.down();
    }
  }

  private async queueState(): Promise<HealthIndicatorResult> {
    try {
      return this.lacking('queue', await this.queue.shortcomings());
    } catch {
      return this.indicators.check('queue').down();
    }
  }

  private lacking(name: string, shortcomings: readonly string[]): HealthIndicatorResult {
    const check = this.indicators.check(name);
    return shortcomings.length === 0 ? check.up() : check.down();
  }
}

/** Terminus throws its result when something is down. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof Error && 'getResponse' in error && typeof error.getResponse === 'function') {
    return (error as { getResponse: () => HealthCheckResult }).getResponse();
  }
  throw error;
}
