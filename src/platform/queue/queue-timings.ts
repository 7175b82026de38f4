/** Replaces single timings; tests provide it by a global module, production does not. */
export const queueTimingOverrides = Symbol('queue timing overrides');

/** Intervals and time limits of the job queue. They are constants of the product: no environment variable sets them. */
export class QueueTimings {
  /** Seconds that a lease lasts after its last heartbeat. */
  readonly leaseSeconds: number;
  /** Time between two heartbeats of a running attempt, which also reports cancellation. */
  readonly heartbeatIntervalMs: number;
  /** Longest pause after the first failed attempt; each further attempt doubles it. */
  readonly backoffBaseMs: number;
  /** How often the relay looks for jobs whose notification was lost: a crashed process's jobs wait this long. */
  readonly outboxPollIntervalMs: number;
  /** The relay checks a message that no worker has claimed for this long. */
  readonly unclaimedCheckMs: number;
  /** How often the scheduler looks for schedules that are due. */
  readonly schedulerPollIntervalMs: number;
  /** How often the event feed reads the events of the jobs that have subscribers. */
  readonly eventPollIntervalMs: number;
  /** How long BullMQ reserves a message for a worker that does not renew it. */
  readonly messageLockMs: number;
  /** How often BullMQ looks for messages whose reservation has expired. */
  readonly stalledCheckIntervalMs: number;

  constructor(overrides: Partial<QueueTimings> = {}) {
    this.leaseSeconds = overrides.leaseSeconds ?? 10;
    this.heartbeatIntervalMs = overrides.heartbeatIntervalMs ?? 3000;
    this.backoffBaseMs = overrides.backoffBaseMs ?? 1000;
    this.outboxPollIntervalMs = overrides.outboxPollIntervalMs ?? 500;
    this.unclaimedCheckMs = overrides.unclaimedCheckMs ?? 5000;
    this.schedulerPollIntervalMs = overrides.schedulerPollIntervalMs ?? 500;
    this.eventPollIntervalMs = overrides.eventPollIntervalMs ?? 250;
    this.messageLockMs = overrides.messageLockMs ?? 10_000;
    this.stalledCheckIntervalMs = overrides.stalledCheckIntervalMs ?? 5000;
  }
}
