import { Injectable } from '@nestjs/common';
import { stdSerializers } from 'pino';
import { failureOf } from '../execution/attempt-failure.ts';
import { runInRequestOf } from '../execution/attempt-log.ts';
import { AttemptRunner } from '../execution/attempt-runner.ts';
import type { Claim } from '../execution/claim.ts';
import { JobAborted } from '../execution/lease.ts';
import { JobRegistry } from '../job-registry.ts';
import { failSpan, startSpan } from '../../telemetry/tracing.ts';
import { UnknownJobType } from '../queue-errors.ts';
import { mainThread } from './main-thread.ts';
import type { AttemptEnd, MessageToThread } from './messages.ts';
import { ThreadLease } from './thread-lease.ts';

/** Runs, in a worker thread, the attempts that the main thread sends, one at a time. */
@Injectable()
export class ThreadAttempts {
  private lease: ThreadLease | undefined;
  private poll: () => void = () => undefined;

  constructor(
    private readonly runner: AttemptRunner,
    private readonly registry: JobRegistry,
  ) {}

  /** @param exit ends the thread */
  begin(exit: () => void): void {
    this.poll = mainThread.listen((message) => {
      this.receive(message, exit);
    }).poll;
  }

  private receive(message: MessageToThread, exit: () => void): void {
    switch (message.kind) {
      case 'run':
        void this.execute(message.claim);
        break;
      case 'abort':
        this.lease?.stop(message.why);
        break;
      case 'lease-closed':
        this.lease?.closed();
        break;
      case 'exit':
        exit();
    }
  }

  private async execute(claim: Claim): Promise<void> {
    const lease = new ThreadLease(claim, this.poll);
    this.lease = lease;
    const span = startSpan(`run ${claim.type}`, { kind: 'INTERNAL', attributes: {}, traceparent: claim.traceparent });
    const end = await runInRequestOf({ ...claim, span }, async () => await this.attempt(claim, lease));
    if (span !== undefined && end.outcome !== 'succeeded') failSpan(span, end.outcome);
    span?.end();
    lease.sendProgress();
    this.lease = undefined;
    mainThread.send({ kind: 'ended', end });
  }

  private async attempt(claim: Claim, lease: ThreadLease): Promise<AttemptEnd> {
    try {
      const type = this.registry.find(claim.type);
      if (type === undefined) throw new UnknownJobType(claim.type);
      await this.runner.run({ claim, type, lease });
      return { outcome: 'succeeded' };
    } catch (error) {
      return error instanceof JobAborted ? { outcome: 'aborted', why: error.why } : failed(error);
    }
  }
}

function failed(thrown: unknown): AttemptEnd {
  const failure = failureOf(thrown);
  const { message } = failure.error;
  const { message: text, stack } = thrown instanceof Error ? stdSerializers.err(thrown) : { message, stack: message };
  return { outcome: 'failed', thrown: { message: text, stack }, failure };
}
