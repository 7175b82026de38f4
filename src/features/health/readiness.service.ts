import { Injectable, Logger } from '@nestjs/common';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { SharedResult } from '../../platform/async/shared-result.ts';
import { DatabaseProbe } from '../../platform/database/database-probe.ts';
import { Dependencies, dependencyNames } from '../../platform/resilience/dependencies.ts';
import { SharedRedis } from '../../platform/redis/shared-redis.ts';

export const degradedDependencies = ['redis', ...dependencyNames] as const;

/** A dependency that the process works without. */
export type DegradedDependency = (typeof degradedDependencies)[number];

/** How long a result is returned to further probes. */
const cacheMs = 500;

/** Checks the database and Redis, at most twice a second. */
@Injectable()
export class ReadinessService {
  private readonly log = new Logger(ReadinessService.name);
  private lastReport = '';
  private readonly result = new SharedResult(cacheMs, async () => await this.runChecks());
  private readonly redisResult = new SharedResult(cacheMs, async () => await this.redis.isUsable());

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseProbe,
    private readonly redis: SharedRedis,
    private readonly dependencies: Dependencies,
  ) {}

  /** Returns the state of each dependency by its name: `up` or `down`; concurrent callers share one check. */
  async states(): Promise<Readonly<Record<string, string>>> {
    const { details } = await this.result.get();
    return Object.fromEntries(Object.entries(details).map(([name, { status }]) => [name, status]));
  }

  /** The dependencies that do not respond and that the process works without. */
  async degraded(): Promise<readonly DegradedDependency[]> {
    const { unavailable } = this.dependencies;
    return (await this.redisResult.get()) ? unavailable : ['redis', ...unavailable];
  }

  private async runChecks(): Promise<HealthCheckResult> {
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
      const shortcomings = {
        settings: wrongSettings,
        privileges: missingRights,
        ...(pendingMigrations && { migrations: pendingMigrations }),
      };
      this.logChanges(shortcomings);
      return { ...database.up(), ...this.indicatorsOf(shortcomings) };
    } catch {
      return database.down();
    }
  }

  private indicatorsOf(shortcomings: Shortcomings): HealthIndicatorResult {
    const states: HealthIndicatorResult[] = Object.entries(shortcomings).map(([name, missing]) => {
      const check = this.indicators.check(name);
      return missing.length === 0 ? check.up() : check.down();
    });
    return states.reduce((all, state) => ({ ...all, ...state }), {});
  }

  /** Logs what is missing once per change; the probe response omits it, since it is public. */
  private logChanges(shortcomings: Shortcomings): void {
    const missing = Object.entries(shortcomings).filter(([, list]) => list.length > 0);
    const report = JSON.stringify(missing);
    if (report !== this.lastReport && missing.length > 0) {
      this.log.error({ shortcomings: Object.fromEntries(missing) }, 'Not ready');
    }
    this.lastReport = report;
  }
}

/** What is missing, by dependency. */
type Shortcomings = Readonly<Record<string, readonly string[]>>;

/** Terminus throws its result when something is down. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof Error && 'getResponse' in error && typeof error.getResponse === 'function') {
    return (error as { getResponse: () => HealthCheckResult }).getResponse();
  }
  throw error;
}
