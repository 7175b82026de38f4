import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { KeysetRequest, Slice } from '../../platform/database/keyset.ts';
import type { Total } from '../../platform/database/totals.ts';
import type { Job } from '../../platform/queue/job.ts';
import { finishedStates } from '../../platform/queue/job.ts';
import type { JobType } from '../../platform/queue/job-handler.ts';
import { anyUser } from '../../platform/queue/job-handler.ts';
import { JobRegistry } from '../../platform/queue/job-registry.ts';
import type { EnqueueOptions } from '../../platform/queue/job-queue.ts';
import { JobQueue } from '../../platform/queue/job-queue.ts';
import type { JobFilter, ListedJob } from '../../platform/queue/job-lists.repository.ts';
import { JobListsRepository } from '../../platform/queue/job-lists.repository.ts';
import { JobsRepository } from '../../platform/queue/jobs.repository.ts';
import type { Payload } from '../../platform/queue/payload.ts';
import type { OpenArtifact } from './artifacts/index.ts';
import { ArtifactsService } from './artifacts/index.ts';
import { AuditService } from '../audit/index.ts';
import type { RequiredAccess } from './job-permissions.ts';
import { accessToCreate, allowsApiKeys, canCreate, ownerPermissions } from './job-permissions.ts';
import {
  ArtifactExpired,
  ArtifactNotFound,
  ArtifactNotReady,
  JobFinished,
  JobInvalid,
  JobNotFound,
  JobNotRetryable,
} from './jobs.errors.ts';
import type { CreateJobInput } from './job-validator.ts';
import { JobValidator } from './job-validator.ts';

export type { JobFilter, ListedJob };

/** The user of a request, with their permissions. */
export interface JobCaller {
  readonly userId: string;
  readonly permissions: readonly string[];
}

/** What the download of an artifact requires. */
interface ArtifactAccess {
  readonly permissions: readonly string[];
  readonly apiKeysAllowed: boolean;
}

/** Creates, reads, cancels and retries jobs on behalf of users. */
@Injectable()
export class JobsService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly lists: JobListsRepository,
    private readonly queue: JobQueue,
    private readonly registry: JobRegistry,
    private readonly validator: JobValidator,
    private readonly artifacts: ArtifactsService,
    private readonly audit: AuditService,
  ) {}

  /** Returns the types of job that the caller may create. */
  types({ permissions }: JobCaller): readonly JobType[] {
    return this.registry.all().filter((type) => canCreate(type, permissions));
  }

  /**
   * Creates a job; the caller has checked the permission of its type.
   * @throws JobInvalid
   */
  async create(input: CreateJobInput, ownerId: string): Promise<Job> {
    const { payload, errors } = await this.validator.parse(input);
    if (payload === undefined) throw new JobInvalid(errors);
    const { runAt, priority } = input;
    const options = { runAt: runAt === undefined ? undefined : new Date(runAt), priority, ownerId };
    // Storing a job is one statement: only the audit event requires a transaction.
    const { permission, requiresRecentAuthentication } = payload.type;
    const isAudited = permission !== anyUser || requiresRecentAuthentication;
    return isAudited
      ? await this.enqueueAudited(payload, options)
      : await this.queue.enqueueValidated(payload, options);
  }

  async list(filter: JobFilter, request: KeysetRequest): Promise<Slice<ListedJob>> {
    return await this.lists.list(filter, request);
  }

  async count(filter: JobFilter): Promise<Total> {
    return await this.lists.count(filter);
  }

  /** @throws JobNotFound when the caller is neither the owner nor holds jobs:read */
  async get(id: string, caller: JobCaller): Promise<Job> {
    return await this.findFor(id, caller, 'jobs:read');
  }

  /**
   * Returns what downloading the artifact requires: the permissions for creating such a job, which the owner may have
   * lost while a schedule continued to create jobs, and for some types a session.
   * @throws JobNotFound when the caller is not the owner
   */
  async artifactAccess(id: string, caller: JobCaller): Promise<ArtifactAccess> {
    const job = await this.find(id);
    if (job.ownerId !== caller.userId) throw new JobNotFound();
    const type = this.registry.find(job.type);
    return { permissions: ownerPermissions(type), apiKeysAllowed: allowsApiKeys(type) };
  }

  /**
   * Opens a job's artifact; the caller has checked `artifactAccess`.
   * @throws JobNotFound, ArtifactNotReady, ArtifactNotFound, ArtifactExpired
   */
  async openArtifact(id: string): Promise<OpenArtifact> {
    const job = await this.find(id);
    if (!finishedStates.includes(job.state)) throw new ArtifactNotReady();
    const artifact = await this.artifacts.open(id);
    if (artifact !== undefined) return artifact;
    throw (await this.artifacts.hasExpired(id)) ? new ArtifactExpired() : new ArtifactNotFound();
  }

  /**
   * Cancels a waiting job at once; a running one is requested to stop, and ends when its handler does.
   * @throws JobNotFound when the caller is neither the owner nor holds jobs:write, JobFinished
   */
  @Transactional()
  async cancel(id: string, caller: JobCaller): Promise<Job> {
    const job = await this.findFor(id, caller, 'jobs:write');
    // It may be archived.
    if (finishedStates.includes(job.state)) throw new JobFinished();
    const state = await this.jobs.cancel(id);
    if (state === undefined) throw new JobNotFound();
    if (finishedStates.includes(state)) throw new JobFinished();
    await this.recordAudit('job_cancelled', job);
    return await this.find(id);
  }

  /**
   * Returns what a retry requires: no permission with `jobs:write`, otherwise those for creating such a job, which the
   * owner may have lost. Owning an internal job is not enough. The owner, who can download its artifact, needs a recent
   * authentication if creating the job does.
   * @throws JobNotFound when the caller is neither the owner nor holds jobs:write
   */
  async accessToRetry(id: string, caller: JobCaller): Promise<RequiredAccess> {
    const job = await this.findFor(id, caller, 'jobs:write');
    const type = this.registry.find(job.type);
    const permissions = caller.permissions.includes('jobs:write') ? [] : ownerPermissions(type);
    const isOwner = job.ownerId === caller.userId;
    return { permissions, recentAuthentication: isOwner && accessToCreate(type).recentAuthentication };
  }

  /**
   * Queues a dead or cancelled job again with all its attempts; the caller has checked `accessToRetry`.
   * @throws JobNotFound, JobNotRetryable
   */
  @Transactional()
  async retry(id: string): Promise<Job> {
    const retried = await this.jobs.retry(id);
    const job = await this.find(id);
    if (!retried) throw new JobNotRetryable();
    await this.recordAudit('job_retried', job);
    return job;
  }

  @Transactional()
  private async enqueueAudited(payload: Payload, options: EnqueueOptions): Promise<Job> {
    const job = await this.queue.enqueueValidated(payload, options);
    await this.recordAudit('job_requested', job);
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

  private async recordAudit(
    event: 'job_cancelled' | 'job_requested' | 'job_retried',
    { id, type, ownerId }: Job,
  ): Promise<void> {
    const subject = ownerId === null ? {} : { subjectId: ownerId };
    await this.audit.record(event, { ...subject, reason: `job ${id} of ${type}` });
  }
}
