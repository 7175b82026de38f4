import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { JobState, QueueName } from '../../queue/job.ts';
import { jobStates, queueNames } from '../../queue/job.ts';
import { QueuesRepository } from '../../queue/queues.repository.ts';
import { Transport } from '../../queue/transport.ts';
import { AuditService } from '../audit/audit.service.ts';
import { QueueNotFound } from './queues.errors.ts';

/** A queue as its operator sees it. */
export interface Queue {
  readonly name: QueueName;
  readonly paused: boolean;
  readonly counts: Readonly<Record<JobState, number>>;
  /** Otherwise there are more jobs of some kind than were counted. */
  readonly countsAreExact: boolean;
  /** Null when nothing waits. */
  readonly oldestQueuedSeconds: number | null;
  readonly finishedLastMinute: number;
}

/** Watches queues and makes them wait. */
@Injectable()
export class QueuesService {
  constructor(
    private readonly queues: QueuesRepository,
    private readonly transport: Transport,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<Queue[]> {
    const { counts, areExact } = await this.queues.count();
    const paused = await this.queues.findPaused();
    return queueNames.map((name) => {
      const own = counts.filter(({ queue }) => queue === name);
      const countOf = (state: JobState): number => own.find((counted) => counted.state === state)?.count ?? 0;
      const oldest = own.find(({ state }) => state === 'queued')?.oldestSeconds ?? null;
      return {
        name,
        paused: paused.has(name),
        counts: Object.fromEntries(jobStates.map((state) => [state, countOf(state)])) as Record<JobState, number>,
        countsAreExact: areExact,
        oldestQueuedSeconds: oldest === null ? null : Math.max(0, Math.floor(oldest)),
        finishedLastMinute: own.reduce((sum, { finishedLastMinute }) => sum + finishedLastMinute, 0),
      };
    });
  }

  /**
   * Lets no job of the queue start until it is resumed; those that run go on. A queue that is paused stays so.
   * @throws QueueNotFound
   */
  async pause(name: string): Promise<Queue> {
    const queue = known(name);
    await this.note(queue, true);
    // Behind the note: should the queue store be down, the relay sends nothing more, and its sweep tells the store later.
    await this.transport.hold(queue, true);
    return await this.get(queue);
  }

  /** @throws QueueNotFound */
  async resume(name: string): Promise<Queue> {
    const queue = known(name);
    await this.note(queue, false);
    await this.transport.hold(queue, false);
    return await this.get(queue);
  }

  @Transactional()
  private async note(queue: QueueName, paused: boolean): Promise<void> {
    const changed = await (paused ? this.queues.pause(queue) : this.queues.resume(queue));
    if (changed) await this.audit.record(paused ? 'queue_paused' : 'queue_resumed', { reason: `queue ${queue}` });
  }

  private async get(name: QueueName): Promise<Queue> {
    const queue = (await this.list()).find((listed) => listed.name === name);
    if (queue === undefined) throw new QueueNotFound();
    return queue;
  }
}

function known(name: string): QueueName {
  const queue = queueNames.find((candidate) => candidate === name);
  if (queue === undefined) throw new QueueNotFound();
  return queue;
}
