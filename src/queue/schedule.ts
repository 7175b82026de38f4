import type { CronTimes } from './cron.ts';

/** Makes a job at every moment of its cron expression. */
export interface Schedule extends CronTimes {
  readonly id: string;
  /** Null unless it ships with the service. */
  readonly name: string | null;
  readonly type: string;
  readonly payload: unknown;
  readonly pausedAt: Date | null;
  /** Null while it is paused. */
  readonly nextRunAt: Date | null;
  readonly lastRunAt: Date | null;
  readonly ownerId: string | null;
  /** Rises by one with every change of what is shown, a tick included. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A schedule in a list, with the values that the list is sorted by, as text. */
export interface ListedSchedule extends Schedule {
  readonly keys: readonly string[];
}

/** A schedule to be stored. */
export interface NewSchedule extends CronTimes {
  readonly id: string;
  readonly type: string;
  /** JSON text. */
  readonly payload: string;
  readonly nextRunAt: Date;
  readonly ownerId: string;
}

/** What a schedule shall be from now on. */
export interface ScheduleState extends CronTimes {
  /** JSON text. */
  readonly payload: string;
  readonly paused: boolean;
  readonly nextRunAt: Date | null;
  readonly ownerId: string | null;
}

/** A schedule whose time has come, locked. */
export interface DueSchedule extends CronTimes {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly ownerId: string | null;
  readonly nextRunAt: Date;
  /** The database's clock when the transaction began. */
  readonly now: Date;
}
