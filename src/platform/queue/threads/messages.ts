import type { Config } from '../../config/config.ts';
import type { AttemptFailure } from '../execution/attempt-failure.ts';
import type { Claim } from '../execution/claim.ts';
import type { AbortReason } from '../execution/lease.ts';
import type { QueueName } from '../job.ts';

/** What a worker thread is started with. */
export interface WorkerThreadData {
  readonly config: Config;
}

/** How an attempt in a worker thread ended. */
export type AttemptEnd =
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'aborted'; readonly why: AbortReason }
  | {
      readonly outcome: 'failed';
      readonly thrown: { readonly message: string; readonly stack: string };
      readonly failure: AttemptFailure;
    };

/** Sent to a worker thread. */
export type MessageToThread =
  | { readonly kind: 'run'; readonly claim: Claim }
  | { readonly kind: 'abort'; readonly why: AbortReason }
  | { readonly kind: 'lease-closed' }
  | { readonly kind: 'exit' };

/** Sent by a worker thread. */
export type MessageFromThread =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number | null }
  | { readonly kind: 'close-lease' }
  | { readonly kind: 'ended'; readonly end: AttemptEnd }
  | { readonly kind: 'notify'; readonly queue: QueueName }
  | { readonly kind: 'set-paused'; readonly queue: QueueName; readonly paused: boolean };
