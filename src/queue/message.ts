/** What travels through BullMQ: a pointer to the job's row, worth nothing without it. */
export interface JobMessage {
  readonly jobId: string;
  readonly dispatchNo: number;
}

/** BullMQ's id of a message: never the same twice, neither all digits nor with a colon. */
export function messageId({ jobId, dispatchNo }: JobMessage): string {
  return `${jobId}.${dispatchNo}`;
}
