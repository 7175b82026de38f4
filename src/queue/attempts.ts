import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { runInRequest } from '../logging/request-context.ts';
import { validated } from '../validation/validated.ts';
import { backoffMs } from './backoff.ts';
import type { Claim } from './claims.repository.ts';
import { ClaimsRepository } from './claims.repository.ts';
import type { JobContext, JobType } from './job-handler.ts';
import { describedError } from './described-error.ts';
import { Lease, Stopped } from './lease.ts';
import { LeasesRepository } from './leases.repository.ts';
import type { JobMessage } from './message.ts';
import { checkedResult } from './checked-result.ts';
import { logLost } from './lost-attempt.ts';
import { PayloadInvalid, ResultInvalid, TimedOut, Unrecoverable } from './queue-errors.ts';
import { untilStopped } from './until-stopped.ts';

/** What becomes of the message: it is done with, or it is looked at again in a second. */
export type MessageVerdict = 'done' | 'later';

/** How an attempt ended, for its log line. */
type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'released' | 'lease lost' | 'not recorded';

/** Of a job whose last attempt says nothing any more. */
const attemptLost = {
  name: 'AttemptLost',
  message:
    'The last attempt did not tell how it ended: its process died, or lost touch with the database for too long.',
};

/** Runs attempts: claim, work, effect and outcome, each as short as it can be. */
@Injectable()
export class Attempts {
  private readonly log = new Logger('Job');
  private readonly running = new Set<Lease>();

  constructor(
    private readonly claims: ClaimsRepository,
    private readonly leases: LeasesRepository,
  ) {}

  /** Runs the job that the message points at, if it may be run. */
  async run(message: JobMessage, type: JobType): Promise<MessageVerdict> {
    const leaseId = randomUUID();
    const claim = await this.claims.claim(message, leaseId);
    if (claim === undefined) return await this.refuse(message, type);
    if (claim.takenOver) logLost({ ...claim, attempt: claim.attempt - 1 }, 'abandoned');
    const context = {
      requestId: claim.requestId ?? claim.jobId,
      ip: undefined,
      userAgent: undefined,
      traceparent: claim.traceparent ?? undefined,
    };
    await runInRequest(context, async () => {
      await this.attempt(claim, type, leaseId);
    });
    return 'done';
  }

  /** Leaves a job of a type that nobody here knows to a newer build, without spending an attempt. */
  async postpone(message: JobMessage, forMs: number): Promise<void> {
    if (await this.claims.postpone(message, forMs)) return;
    // The relay that sent it had not committed.
    if ((await this.claims.explain(message)) === 'again') await this.claims.postpone(message, forMs);
  }

  /** Tells every running attempt to stop; their jobs go back without a loss. */
  stopAll(): void {
    for (const lease of this.running) lease.stop('shutting down');
  }

  private async refuse(message: JobMessage, type: JobType): Promise<MessageVerdict> {
    switch (await this.claims.explain(message)) {
      case 'again':
        return await this.run(message, type);
      case 'later':
        return 'later';
      case 'stale':
        return 'done';
      case 'cancelled':
        await this.claims.end(message, { state: 'cancelled', error: null });
        return 'done';
      case 'exhausted': {
        const lost = await this.claims.end(message, { state: 'dead', error: attemptLost });
        if (lost !== undefined) logLost(lost, 'dead');
        return 'done';
      }
    }
  }

  private async attempt(claim: Claim, type: JobType, leaseId: string): Promise<void> {
    const begin = performance.now();
    const lease = new Lease(this.leases, claim.jobId, leaseId, type.timeoutSeconds);
    this.running.add(lease);
    let outcome: Outcome;
    let failure: unknown;
    try {
      await this.work(claim, type, lease, leaseId);
      outcome = 'succeeded';
    } catch (error) {
      failure = error;
      outcome = await this.settle(claim, type, lease, error).catch((unsettled: unknown) => {
        // The lease runs out, and the job is taken up again.
        failure = unsettled;
        return 'not recorded' as const;
      });
    } finally {
      this.running.delete(lease);
      await lease.close();
    }
    const line = {
      jobId: claim.jobId,
      type: claim.type,
      attempt: claim.attempt,
      outcome,
      waitedMs: Math.round(claim.waitedMs),
      durationMs: Math.round(performance.now() - begin),
    };
    if (outcome === 'failed' || outcome === 'not recorded') this.log.warn({ ...line, err: failure }, 'job');
    else this.log.log(line, 'job');
  }

  private async work(claim: Claim, type: JobType, lease: Lease, leaseId: string): Promise<void> {
    const { value: payload, errors } = await validated(type.payload, claim.payload);
    if (payload === undefined) throw new PayloadInvalid(errors);
    const context: JobContext = {
      jobId: claim.jobId,
      ownerId: claim.ownerId,
      attempt: claim.attempt,
      lease: lease.id,
      signal: lease.signal,
      progress: (done, total) => {
        lease.progress(done, total);
      },
    };
    const prepared = await untilStopped(lease.signal, async () => await type.handler.prepare?.(payload, context));
    await this.effect(type, { payload, context, prepared, leaseId, lease });
  }

  /** The handler's writes and the job's success: both, or neither. */
  @Transactional()
  private async effect(
    type: JobType,
    {
      payload,
      context,
      prepared,
      leaseId,
      lease,
    }: {
      payload: object;
      context: JobContext;
      prepared: unknown;
      leaseId: string;
      lease: Lease;
    },
  ): Promise<void> {
    const result = await untilStopped(lease.signal, async () => await type.handler.run(payload, context, prepared));
    const json = await checkedResult(type, result);
    await lease.close();
    if (!(await this.leases.succeed(context.jobId, leaseId, json))) throw new Stopped('lease lost');
  }

  private async settle(claim: Claim, type: JobType, lease: Lease, thrown: unknown): Promise<Outcome> {
    await lease.close();
    const reason: unknown = thrown instanceof Stopped ? thrown : lease.signal.reason;
    const stopped = reason instanceof Stopped ? reason.why : undefined;
    if (stopped === 'lease lost') return 'lease lost';
    if (stopped === 'shutting down') {
      const fate = await this.leases.release(claim.jobId, lease.id);
      return fate === 'queued' ? 'released' : (fate ?? 'lease lost');
    }
    const hopeless = [Unrecoverable, PayloadInvalid, ResultInvalid].some((kind) => thrown instanceof kind);
    // Whatever the handler makes of its signal.
    const failure = stopped === 'timed out' && !hopeless ? new TimedOut(type.timeoutSeconds) : thrown;
    const retryInMs = hopeless ? null : backoffMs(claim.attempt);
    const fate = await this.leases.fail(claim.jobId, lease.id, { error: describedError(failure), retryInMs });
    if (fate === undefined) return 'lease lost';
    return fate === 'cancelled' ? 'cancelled' : 'failed';
  }
}
