import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { QueueName } from '../job.ts';
import type { JobType } from '../job-handler.ts';
import { JobRegistry } from '../job-registry.ts';
import { TypeLimitsRepository } from './type-limits.repository.ts';

/** Enforces the limits of job types, in all processes together: jobs wait apart from the others until it admits them. */
@Injectable()
export class TypeLimits implements OnApplicationBootstrap {
  /** Whether this build has a type with limits. */
  areDeclared = false;

  constructor(
    private readonly repository: TypeLimitsRepository,
    private readonly registry: JobRegistry,
  ) {}

  onApplicationBootstrap(): void {
    this.areDeclared = this.registry.all().some(isLimited);
  }

  /**
   * Admits the waiting jobs that the limits of their types allow. Returns the queues that have new pending jobs. A type
   * whose limits were removed may still have waiting jobs.
   */
  async admit(): Promise<ReadonlySet<QueueName>> {
    const types = this.registry.all();
    const waiting = await this.repository.findWaiting(types.map(({ type }) => type));
    const admitted = new Set<QueueName>();
    for (const type of types) {
      if (!waiting.has(type.type)) continue;
      for (const queue of await this.repository.admit(limitOf(type))) admitted.add(queue);
    }
    return admitted;
  }
}

/** Whether jobs of this type wait until they are admitted. */
export function isLimited({ concurrency, rateLimit }: Pick<JobType, 'concurrency' | 'rateLimit'>): boolean {
  return concurrency !== null || rateLimit !== null;
}

function limitOf({ type, concurrency, rateLimit }: JobType): Parameters<TypeLimitsRepository['admit']>[0] {
  const { jobs, seconds } = rateLimit ?? { jobs: Infinity, seconds: 1 };
  return { type, concurrency: concurrency ?? Infinity, burst: jobs, perSecond: jobs / seconds };
}
