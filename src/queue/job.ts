/** The life of a job; docs/reference/job-life.md draws it. */
export const jobStates = ['scheduled', 'queued', 'running', 'succeeded', 'dead', 'cancelled'] as const;

export type JobState = (typeof jobStates)[number];

/** Nothing more happens to a job in one of these, unless somebody retries it. */
export const finishedStates: readonly JobState[] = ['succeeded', 'dead', 'cancelled'];

/** `heavy` is for what takes minutes, so that it never stands before what takes milliseconds. */
export const queueNames = ['default', 'heavy'] as const;

export type QueueName = (typeof queueNames)[number];

/** What they are in the document. */
export const queueNameChoice = {
  name: 'QueueName',
  about: 'A queue of jobs: `heavy` is for those that take minutes.',
} as const;

/** How far a job has come. */
export interface JobProgress {
  readonly done: number;
  /** Null while nobody knows. */
  readonly total: number | null;
}

/** Why the latest attempt failed: for the owner, so without a stack. */
export interface JobError {
  readonly name: string;
  readonly message: string;
}

/** A job as everybody but the worker sees it. */
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
  /** 1 for the first event of a job, one more for each. */
  readonly seq: number;
  readonly kind: 'state' | 'progress' | 'done';
  readonly data: unknown;
}

/** What has happened to a job since somebody last looked. */
export interface JobNews {
  /** The seq of its latest event, which may lie beyond `events`. */
  readonly lastSeq: number;
  readonly finished: boolean;
  readonly events: readonly JobEvent[];
}
