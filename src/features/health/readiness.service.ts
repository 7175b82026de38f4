import { Injectable, Logger } from '@nestjs/common';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { DatabaseProbe } from '../../database/database-probe.ts';
import { QueueHealth } from '../../queue/queue-health.ts';

/** For so long an answer serves every probe that comes. */
const cacheMs = 500;

/** Whether the database and the queue can be worked with; asked at most twice a second. */
@Injectable()
export class ReadinessService {
  private readonly log = new Logger(ReadinessService.name);
  private told = '';
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
      const lacking = {
        settings: wrongSettings,
        privileges: missingRights,
        ...(pendingMigrations && { migrations: pendingMigrations }),
        queue: await this.queueShortcomings(),
      };
      this.tell(lacking);
      return { ...database.up(), ...this.states(lacking) };
    } catch {
      return database.down();
    }
  }

  /** Past a pooler, which may answer while the server behind it can not be reached. */
  private async queueShortcomings(): Promise<readonly string[]> {
    try {
      return await this.queue.shortcomings();
    } catch {
      return ['an answer'];
    }
  }

  private states(lacking: Lacking): HealthIndicatorResult {
    const states: HealthIndicatorResult[] = Object.entries(lacking).map(([name, shortcomings]) => {
      const check = this.indicators.check(name);
      return shortcomings.length === 0 ? check.up() : check.down();
    });
    return states.reduce((all, state) => ({ ...all, ...state }), {});
  }

  /** The probe gets words that tell an attacker nothing; the log says what is lacking, once for each change. */
  private tell(lacking: Lacking): void {
    const all = Object.entries(lacking).filter(([, shortcomings]) => shortcomings.length > 0);
    const text = JSON.stringify(all);
    if (text !== this.told && all.length > 0) this.log.error({ lacking: Object.fromEntries(all) }, 'Not ready');
    this.told = text;
  }
}

/** By what was asked. */
type Lacking = Readonly<Record<string, readonly string[]>>;

/** Terminus throws its result when something is down. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof Error && 'getResponse' in error && typeof error.getResponse === 'function') {
    return (error as { getResponse: () => HealthCheckResult }).getResponse();
  }
  throw error;
}
