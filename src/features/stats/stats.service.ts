import { Injectable } from '@nestjs/common';
import { Cache } from '../../platform/cache/cache.ts';
import { packageVersion } from '../../platform/config/package-version.ts';
import type { Total } from '../../platform/database/totals.ts';
import { ReadinessService } from '../health/index.ts';
import type { Queue } from '../jobs/queues/index.ts';
import { QueuesService } from '../jobs/queues/index.ts';
import type { UserStatus } from '../users/index.ts';
import { userStatuses, UsersService } from '../users/index.ts';
import type { DayCounts, FailedJob as FailedJobRow } from './stats.repository.ts';
import { StatsRepository } from './stats.repository.ts';

/** How long numbers are returned after they were read. */
const ttlMs = 5000;
export const overviewDays = 30;
export const latestFailuresMax = 10;
/** The most rows of a kind that are counted for a day. */
const dayCountMax = 10_000;

/** A number of one day. */
export interface DayTotal extends Total {
  /** In UTC, as YYYY-MM-DD. */
  readonly day: string;
}

/** A job that became dead. */
export interface FailedJob extends Omit<FailedJobRow, 'finishedAt'> {
  /** ISO 8601. */
  readonly finishedAt: string;
}

/** The process that returned the numbers. */
export interface ServiceState {
  readonly version: string;
  readonly uptimeSeconds: number;
  /** `up` or `down`, by the name of the dependency. */
  readonly checks: Readonly<Record<string, string>>;
}

/** The numbers of the service at one moment. */
export interface Overview {
  /** ISO 8601. */
  readonly computedAt: string;
  readonly usersByStatus: Readonly<Record<UserStatus, Total>>;
  /** The last `overviewDays` days, the oldest first. */
  readonly newUsers: readonly DayTotal[];
  readonly loginsSucceeded: readonly DayTotal[];
  readonly loginsFailed: readonly DayTotal[];
  readonly queues: readonly Queue[];
  readonly latestFailures: readonly FailedJob[];
}

/** Collects numbers about the service. */
@Injectable()
export class StatsService {
  private readonly version = packageVersion();

  constructor(
    private readonly stats: StatsRepository,
    private readonly users: UsersService,
    private readonly queues: QueuesService,
    private readonly readiness: ReadinessService,
    private readonly cache: Cache,
  ) {}

  async serviceState(): Promise<ServiceState> {
    return {
      version: this.version,
      uptimeSeconds: Math.floor(process.uptime()),
      checks: await this.readiness.states(),
    };
  }

  /** The numbers of the last seconds. */
  async overview(): Promise<Overview> {
    return await this.cache.getOrLoad({ key: 'stats:overview', ttlMs }, async () => await this.read());
  }

  /** One statement after the other, so that an overview occupies one connection at most. */
  private async read(): Promise<Overview> {
    const days = await this.stats.countByDay(overviewDays, dayCountMax);
    return {
      computedAt: new Date().toISOString(),
      usersByStatus: await this.countUsers(),
      newUsers: days.map((day) => totalOf(day, 'newUsers')),
      loginsSucceeded: days.map((day) => totalOf(day, 'loginsSucceeded')),
      loginsFailed: days.map((day) => totalOf(day, 'loginsFailed')),
      queues: await this.queues.list(),
      latestFailures: (await this.stats.findLatestFailures(latestFailuresMax)).map(failedJobOf),
    };
  }

  private async countUsers(): Promise<Record<UserStatus, Total>> {
    const totals: Partial<Record<UserStatus, Total>> = {};
    for (const status of userStatuses) totals[status] = await this.users.count({ sort: '-createdAt', status });
    return totals as Record<UserStatus, Total>;
  }
}

function totalOf({ day, ...counts }: DayCounts, name: 'newUsers' | 'loginsSucceeded' | 'loginsFailed'): DayTotal {
  const isExact = counts[name] <= dayCountMax;
  return { day, count: isExact ? counts[name] : dayCountMax, isExact };
}

function failedJobOf({ finishedAt, ...job }: FailedJobRow): FailedJob {
  return { ...job, finishedAt: finishedAt.toISOString() };
}
