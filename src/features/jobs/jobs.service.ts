import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import type { Job } from '../../queue/job.ts';
import { finishedStates } from '../../queue/job.ts';
import type { JobType } from '../../queue/job-handler.ts';
import { anyUser } from '../../queue/job-handler.ts';
import { JobRegistry } from '../../queue/job-registry.ts';
import type { EnqueueOptions } from '../../queue/ledger.ts';
import { Ledger } from '../../queue/ledger.ts';
import type { JobFilter, ListedJob } from '../../queue/ledger.repository.ts';
import { LedgerRepository } from '../../queue/ledger.repository.ts';
import type { Payload } from '../../queue/payload.ts';
import { askedPayload } from '../../queue/payload.ts';
import type { LocatedError } from '../../validation/located-errors.ts';
import type { OpenArtifact } from '../artifacts/artifacts.service.ts';
import { ArtifactsService } from '../artifacts/artifacts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { mayAsk, neededOfOwner } from './job-permissions.ts';
import {
  ArtifactExpired,
  ArtifactNone,
  ArtifactNotReady,
  JobFinished,
  JobInvalid,
  JobNotFound,
  JobNotRetryable,
} from './jobs.errors.ts';
import { runAtMistakes } from './run-at.ts';

export type { JobFilter, ListedJob };

/** A job as somebody wants it. */
export interface JobWish {
  readonly type: string;
  readonly payload: object;
  /** RFC 3339; at once unless told. */
  readonly runAt?: string;
  /** Lower is sooner; 0 unless told. */
  readonly priority?: number;
}

/** Who asks, and what they may do. */
export interface JobCaller {
  readonly userId: string;
  readonly permissions: readonly string[];
}

/** Work that users ask for, watch, stop and try again. */
@Injectable()
export class JobsService {
  constructor(
    private readonly jobs: LedgerRepository,
    private readonly ledger: Ledger,
    private readonly registry: JobRegistry,
    private readonly artifacts: ArtifactsService,
    private readonly audit: AuditService,
  ) {}

  /** The types of job that the caller may ask for. */
  types({ permissions }: JobCaller): readonly JobType[] {
    return this.registry.all().filter((type) => mayAsk(type, permissions));
  }

  /**
   * Promises a job on behalf of a user who may ask for its type.
   * @throws JobInvalid
   */
  async create(wish: JobWish, ownerId: string): Promise<Job> {
    const asked = await askedPayload(this.registry.find(wish.type), wish.payload, unknownType);
    const mistakes = [...asked.mistakes, ...runAtMistakes(wish.runAt)];
    if (asked.payload === undefined || mistakes.length > 0) throw new JobInvalid(mistakes);
    const { runAt, priority } = wish;
    const options = { runAt: runAt === undefined ? undefined : new Date(runAt), priority, ownerId };
    // One statement stores a job with its first event: by itself it needs no transaction around it.
    const isAudited = asked.payload.type.permission !== anyUser;
    return isAudited
      ? await this.promiseAudited(asked.payload, options)
      : await this.ledger.promise(asked.payload, options);
  }

  async list(filter: JobFilter, request: KeysetRequest): Promise<Slice<ListedJob>> {
    return await this.jobs.list(filter, request);
  }

  async count(filter: JobFilter): Promise<Total> {
    return await this.jobs.count(filter);
  }

  /** @throws JobNotFound when the caller is neither the owner nor holds jobs:read */
  async get(id: string, caller: JobCaller): Promise<Job> {
    return await this.findFor(id, caller, 'jobs:read');
  }

  /**
   * The permissions without which the owner may not have the file: who may no longer ask for such a file may no longer
   * have one either, and a schedule may have gone on making them.
   * @throws JobNotFound when the caller is not the owner
   */
  async neededForArtifact(id: string, caller: JobCaller): Promise<readonly string[]> {
    const job = await this.find(id);
    if (job.ownerId !== caller.userId) throw new JobNotFound();
    return neededOfOwner(this.registry.find(job.type));
  }

  /**
   * The file that a job made, for who may have it.
   * @throws JobNotFound, ArtifactNotReady, ArtifactNone, ArtifactExpired
   */
  async openArtifact(id: string): Promise<OpenArtifact> {
    const job = await this.find(id);
    if (!finishedStates.includes(job.state)) throw new ArtifactNotReady();
    const artifact = await this.artifacts.open(id);
    if (artifact !== undefined) return artifact;
    throw (await this.artifacts.hasExpired(id)) ? new ArtifactExpired() : new ArtifactNone();
  }

  /**
   * Cancels a waiting job at once; a running one is asked to stop, and ends when its handler does.
   * @throws JobNotFound when the caller is neither the owner nor holds jobs:write, JobFinished
   */
  @Transactional()
  async cancel(id: string, caller: JobCaller): Promise<Job> {
    const job = await this.findFor(id, caller, 'jobs:write');
    const state = await this.jobs.cancel(id);
    if (state === undefined) throw new JobNotFound();
    if (finishedStates.includes(state)) throw new JobFinished();
    await this.note('job_cancelled', job);
    return await this.find(id);
  }

  /**
   * The permissions without which the caller may not have a job run again: its own effect may need some by now, and
   * owning an internal job does not make it anybody's.
   * @throws JobNotFound when the caller is neither the owner nor holds jobs:write
   */
  async neededToRetry(id: string, caller: JobCaller): Promise<readonly string[]> {
    const job = await this.findFor(id, caller, 'jobs:write');
    if (caller.permissions.includes('jobs:write')) return [];
    return neededOfOwner(this.registry.find(job.type));
  }

  /**
   * Queues a dead or cancelled job again, with all its attempts, for a caller who holds what that needs.
   * @throws JobNotFound, JobNotRetryable
   */
  @Transactional()
  async retry(id: string): Promise<Job> {
    const retried = await this.jobs.retry(id);
    const job = await this.find(id);
    if (!retried) throw new JobNotRetryable();
    await this.note('job_retried', job);
    return job;
  }

  @Transactional()
  private async promiseAudited(payload: Payload, options: EnqueueOptions): Promise<Job> {
    const job = await this.ledger.promise(payload, options);
    await this.note('job_requested', job);
    return job;
  }

  private async findFor(id: string, caller: JobCaller, permission: 'jobs:read' | 'jobs:write'): Promise<Job> {
    const job = await this.find(id);
    if (job.ownerId !== caller.userId && !caller.permissions.includes(permission)) throw new JobNotFound();
    return job;
  }

  private async find(id: string): Promise<Job> {
    const job = await this.jobs.findById(id);
    if (job === undefined) throw new JobNotFound();
    return job;
  }

  private async note(
    event: 'job_cancelled' | 'job_requested' | 'job_retried',
    { id, type, ownerId }: Job,
  ): Promise<void> {
    const subject = ownerId === null ? {} : { subjectId: ownerId };
    await this.audit.record(event, { ...subject, reason: `job ${id} of ${type}` });
  }
}

const unknownType: LocatedError = {
  path: ['type'],
  code: 'unknown_job_type',
  detail: 'is no type of job that can be asked for',
};
