import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { JobState, QueueName } from '../../../platform/queue/job.ts';
import { jobStates, queueNames } from '../../../platform/queue/job.ts';
import { QueuesRepository } from '../../../platform/queue/dispatch/queues.repository.ts';
import { Dispatcher } from '../../../platform/queue/dispatch/dispatcher.ts';
import { AuditService } from '../../audit/index.ts';
import { QueueNotFound } from './queues.errors.ts';

/** State of a queue. */
export interface Queue {
  readonly name: QueueName;
  readonly paused: boolean;
  readonly counts: Readonly<Record<JobState, number>>;
  /** False when counting stopped at its limit. */
  readonly countsAreExact: boolean;
  /** Null when nothing waits. */
  readonly oldestQueuedSeconds: number | null;
  readonly finishedLastMinute: number;
}

/** Reports the state of queues, pauses and resumes them. */
@Injectable()
export class QueuesService {
  constructor(
    private readonly queues: QueuesRepository,
    private readonly dispatcher: Dispatcher,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<Queue[]> {
    const { counts, areExact } = await this.queues.count();
    const paused = await this.queues.findPaused();
    return queueNames.map((name) => {
      const counted = counts.filter(({ queue }) => queue === name);
      const countOf = (state: JobState): number => counted.find((row) => row.state === state)?.count ?? 0;
      const oldest = counted.find(({ state }) => state === 'queued')?.oldestSeconds ?? null;
      return {
        name,
        paused: paused.has(name),
        counts: Object.fromEntries(jobStates.map((state) => [state, countOf(state)])) as Record<JobState, number>,
        countsAreExact: areExact,
        oldestQueuedSeconds: oldest === null ? null : Math.max(0, Math.floor(oldest)),
        finishedLastMinute: counted.reduce((sum, { finishedLastMinute }) => sum + finishedLastMinute, 0),
      };
    });
  }

  /**
   * Stops new jobs from starting until the queue is resumed; running jobs continue. Idempotent.
   * @throws QueueNotFound
   */
  async pause(name: string): Promise<Queue> {
    const queue = requireQueue(name);
    await this.recordAudit(queue, true);
    await this.dispatcher.setPaused(queue, true);
    return await this.get(queue);
  }

  /** @throws QueueNotFound */
  async resume(name: string): Promise<Queue> {
    const queue = requireQueue(name);
    await this.recordAudit(queue, false);
    await this.dispatcher.setPaused(queue, false);
    return await this.get(queue);
  }

  @Transactional()
  private async recordAudit(queue: QueueName, paused: boolean): Promise<void> {
    const changed = await (paused ? this.queues.pause(queue) : this.queues.resume(queue));
    if (changed) await this.audit.record(paused ? 'queue_paused' : 'queue_resumed', { reason: `queue ${queue}` });
  }

  private async get(name: QueueName): Promise<Queue> {
    const queue = (await this.list()).find((listed) => listed.name === name);
    if (queue === undefined) throw new QueueNotFound();
    return queue;
  }
}

function requireQueue(name: string): QueueName {
  const queue = queueNames.find((candidate) => candidate === name);
  if (queue === undefined) throw new QueueNotFound();
  return queue;
}
