/** The states of a job; docs/reference/job-states.md has the diagram. */
export const jobStates = ['scheduled', 'queued', 'running', 'succeeded', 'dead', 'cancelled'] as const;

export type JobState = (typeof jobStates)[number];

/** A job in one of these states does not change again, unless a caller retries it. */
export const finishedStates: readonly JobState[] = ['succeeded', 'dead', 'cancelled'];

/** `heavy` is for jobs that take minutes, so that they never delay those that take milliseconds. */
export const queueNames = ['default', 'heavy'] as const;

export type QueueName = (typeof queueNames)[number];

/** The enum of queue names in the API document. */
export const queueNameChoice = {
  name: 'QueueName',
  about: 'A queue of jobs: `heavy` is for those that take minutes.',
} as const;

/** Progress of a job. */
export interface JobProgress {
  readonly done: number;
  /** Null if unknown. */
  readonly total: number | null;
}

/** Why the latest attempt failed; shown to the owner, so without a stack. */
export interface JobError {
  readonly name: string;
  readonly message: string;
}

/** A job without the data of its lease and its delivery. */
export interface Job {
  readonly id: string;
  readonly type: string;
  readonly queue: QueueName;
  readonly ownerId: string | null;
  readonly payload: unknown;
  readonly state: JobState;
  readonly priority: number;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly progress: JobProgress | null;
  readonly result: unknown;
  readonly error: JobError | null;
  readonly requestId: string | null;
  readonly scheduleId: string | null;
  readonly runAt: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** One entry of a job's event stream. */
export interface JobEvent {
  /** 1 for the first event of a job, then consecutive. */
  readonly seq: number;
  readonly kind: 'state' | 'progress' | 'done';
  readonly data: unknown;
}

/** The new events of a job. */
export interface JobUpdate {
  /** The seq of its latest event, which may be greater than those of `events`. */
  readonly lastSeq: number;
  readonly finished: boolean;
  readonly events: readonly JobEvent[];
}
