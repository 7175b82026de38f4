import type { CronTimes } from './cron.ts';

/** Creates a job at every occurrence of its cron expression. */
export interface Schedule extends CronTimes {
  readonly id: string;
  /** Null unless the schedule is built in. */
  readonly name: string | null;
  readonly type: string;
  readonly payload: unknown;
  readonly pausedAt: Date | null;
  /** Null while it is paused. */
  readonly nextRunAt: Date | null;
  readonly lastRunAt: Date | null;
  readonly ownerId: string | null;
  /** Incremented by every visible change, an occurrence included. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A schedule in a list, with the values of the list's sort order, as text. */
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

/** The new state of a schedule. */
export interface ScheduleState extends CronTimes {
  /** JSON text. */
  readonly payload: string;
  readonly paused: boolean;
  readonly nextRunAt: Date | null;
  readonly ownerId: string | null;
}

/** A schedule that is due, locked by the transaction. */
export interface DueSchedule extends CronTimes {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly ownerId: string | null;
  /** Null without an owner. */
  readonly owner: { readonly roles: readonly string[]; readonly mfaEnabled: boolean } | null;
  readonly nextRunAt: Date;
  /** The database's clock when the transaction began. */
  readonly now: Date;
}
