/** An attempt that this process has begun, and whose lease it holds. */
export interface Claim {
  readonly jobId: string;
  /** Id of the lease. */
  readonly lease: string;
  readonly type: string;
  readonly ownerId: string | null;
  readonly payload: unknown;
  readonly attempt: number;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  /** Time from `runAt` to the claim. */
  readonly queuedMs: number;
}
