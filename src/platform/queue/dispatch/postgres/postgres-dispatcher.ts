import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CoalescedRun } from '../../../async/coalesced-run.ts';
import { AccessInvalidationBus } from '../../../cache-invalidation/access-invalidation-bus.ts';
import { configToken } from '../../../config/config.module.ts';
import type { QueueConfig } from '../../../config/config.ts';
import { runOutsideRequest } from '../../../logging/request-context.ts';
import { AbandonedAttemptLog } from '../../execution/attempt-log.ts';
import type { Claim } from '../../execution/claim.ts';
import { JobExecutor } from '../../execution/job-executor.ts';
import type { QueueName } from '../../job.ts';
import { queueNames } from '../../job.ts';
import { JobRegistry } from '../../job-registry.ts';
import { QueueTimings } from '../../queue-timings.ts';
import { Dispatcher } from '../dispatcher.ts';
import { isLimited, TypeLimits } from '../type-limits.ts';
import { ClaimLoop } from './claim-loop.ts';
import { ClaimsRepository, jobChannel } from './claims.repository.ts';
import { JobNotifier } from './job-notifier.ts';

/** Delayed or abandoned jobs that one poll makes pending. */
const pollLimit = 1000;

/**
 * Lets workers claim jobs straight from the table. A commit wakes the claim loop of its own process, and those of the
 * others by NOTIFY; polling finds the jobs whose notification was lost, those that are due, and abandoned ones.
 */
@Injectable()
export class PostgresDispatcher extends Dispatcher implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger('Dispatcher');
  private loops = new Map<string, ClaimLoop>();
  private stopping: Promise<unknown> = Promise.resolve();
  private grace: NodeJS.Timeout | undefined;
  private pollTimer: NodeJS.Timeout | undefined;
  private polling: Promise<void> = Promise.resolve();
  private isStopped = false;
  private isFailing = false;
  private readonly admission = new CoalescedRun(async () => {
    await this.admitAll();
  });

  constructor(
    private readonly claims: ClaimsRepository,
    private readonly notifier: JobNotifier,
    private readonly limits: TypeLimits,
    private readonly executor: JobExecutor,
    private readonly abandoned: AbandonedAttemptLog,
    private readonly registry: JobRegistry,
    private readonly bus: AccessInvalidationBus,
    private readonly timings: QueueTimings,
    @Inject(configToken('queue')) private readonly config: QueueConfig,
  ) {
    super();
    if (!config.inline) return;
    bus.listen(jobChannel, (payload) => {
      this.wake(payload);
    });
  }

  begin(): void {
    if (!this.config.inline || this.isStopped) return;
    runOutsideRequest(() => {
      this.bus.start();
      this.loops = new Map(queueNames.map((queue) => [queue, this.loopOf(queue)]));
      this.polling = this.poll();
    });
  }

  notify(queue: QueueName): void {
    this.wake(queue);
    this.notifier.notify(queue);
  }

  async setPaused(queue: QueueName, paused: boolean): Promise<void> {
    if (!paused) this.notify(queue);
    await Promise.resolve();
  }

  /** Claims no more jobs; running ones continue. */
  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.pollTimer);
    // The timeout counts from the signal, while requests are still served.
    this.grace = setTimeout(() => {
      this.executor.stopAll();
    }, this.config.shutdownTimeoutMs);
    this.stopping = Promise.all(
      Array.from(this.loops.values(), async (loop) => {
        await loop.stop();
      }),
    );
  }

  /** Waits for running jobs; those that exceed the timeout are released without losing an attempt. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stopping;
    await this.polling;
    await this.admission.settled();
    clearTimeout(this.grace);
  }

  private loopOf(queue: QueueName): ClaimLoop {
    const types = this.registry.all().map(({ type }) => type);
    return new ClaimLoop({
      concurrency: this.config.concurrency,
      claim: async (limit) => {
        const claimed = await this.claims.claim({ queue, limit, types });
        this.isFailing = false;
        return claimed;
      },
      execute: async (claim, onHandled) => {
        await this.execute(claim, onHandled);
      },
      onClaimFailed: (error) => {
        this.warn(error, 'Job claim failed; retrying');
      },
    });
  }

  private async execute(claim: Claim, onHandled: () => void): Promise<void> {
    const type = this.registry.find(claim.type);
    if (type === undefined) return;
    await this.executor.execute(claim, type, () => {
      // Called in the transaction of the job, which the next one must not join.
      runOutsideRequest(onHandled);
    });
    if (isLimited(type)) this.admit();
  }

  private wake(queue: string): void {
    const loop = this.loops.get(queue);
    if (loop === undefined || this.isStopped) return;
    // Jobs do not run in the context of the request, or of the job, that causes a claim.
    runOutsideRequest(() => {
      loop.wake();
      if (this.limits.areDeclared) this.admit();
    });
  }

  /** Admits the waiting jobs that the limits of their types allow. */
  private admit(): void {
    if (!this.isStopped) this.admission.request();
  }

  private async admitAll(): Promise<void> {
    try {
      for (const queue of await this.limits.admit()) {
        this.loops.get(queue)?.wake();
        this.notifier.notify(queue);
      }
    } catch (error) {
      this.warn(error, 'Job admission failed; retrying');
    }
  }

  private async poll(): Promise<void> {
    try {
      await this.claims.promoteDelayed(pollLimit);
      this.abandoned.writeAll(await this.claims.rescue(pollLimit));
      this.admit();
    } catch (error) {
      this.warn(error, 'Job poll failed; retrying');
    }
    if (this.isStopped) return;
    for (const loop of this.loops.values()) loop.wake();
    this.pollTimer = setTimeout(() => {
      this.polling = this.poll();
    }, this.timings.outboxPollIntervalMs);
  }

  /** Logs the first failure of an outage. */
  private warn(error: unknown, message: string): void {
    if (!this.isFailing) this.log.warn({ err: error }, message);
    this.isFailing = true;
  }
}
