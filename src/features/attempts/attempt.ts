/** What becomes of the other failures in a bucket when an attempt succeeds: they stay, or are forgotten. */
type Success = 'refund' | 'clear';

/** Where an attempt is counted, and how many failures there may be. Times are in seconds. */
export interface Bucket {
  /** What it is called in headers and logs; never whose it is. */
  readonly name: string;
  /** What is counted, and of whom; the same in every process. */
  readonly key: string;
  /** So many failures are allowed; null only counts them. */
  readonly limit: number | null;
  /** When failures are forgotten: after the first of them, or after the last one if the window slides. */
  readonly windowSeconds: number;
  readonly slides: boolean;
  /** Behind the limit one attempt is allowed after each pause, which doubles; 0 is until the window ends. */
  readonly pauseSeconds: number;
  readonly longestPauseSeconds: number;
  readonly onSuccess: Success;
  /** Whether a refusal may tell what is allowed, as it does of an address: of an account it would tell strangers. */
  readonly isTold: boolean;
}

/** How an attempt ended. A wrong guess counts; one that does not, such as a right password, gives its place back. */
export interface Judged<T> {
  readonly counts: boolean;
  readonly result: T;
}

/** The failures that each bucket holds by now, by its key. */
export type Failures = ReadonlyMap<string, number>;

/** What an attempt may say of itself. */
export interface AttemptOptions {
  /** Runs the reservation and the work, when it is their turn. */
  readonly inTurn?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whom the attempt is about, asked when a refusal of it is written down. */
  readonly subjectId?: () => Promise<string | undefined>;
}
