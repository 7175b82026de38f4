import { Body, Controller, Get, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Links } from '../../config/links.ts';
import { Forbidden } from '../../http/auth/auth.errors.ts';
import { PermissionCheck } from '../../http/auth/permission-check.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import type { Job } from '../../queue/job.ts';
import { finishedStates } from '../../queue/job.ts';
import { JobTypeGuard } from './job-type.guard.ts';
import { CreateJobDto, JobDto, JobPage, ListJobsQuery } from './jobs.dto.ts';
import { JobFinished, JobNotRetryable } from './jobs.errors.ts';
import type { JobFilter, ListedJob } from './jobs.service.ts';
import { JobsService } from './jobs.service.ts';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly pages: Pages,
    private readonly permissions: PermissionCheck,
    private readonly links: Links,
  ) {}

  @Post()
  @UseGuards(JobTypeGuard)
  @Returns(202, JobDto, 'Location', 'Retry-After')
  @Fails(Forbidden)
  @ApiOperation({
    operationId: 'createJob',
    summary: 'Ask for a job',
    description:
      'The work is promised and begins as soon as a worker is free. Each type needs its own permission, and payloads ' +
      'of its own shape, of at most 64 KiB; GET /v1/job-types lists the types that the caller may ask for.',
  })
  async create(
    @Body() body: CreateJobDto,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobDto> {
    const job = await this.jobs.create(body, caller.userId);
    void reply.header('Location', this.links.path(`/v1/jobs/${job.id}`));
    return show(job, reply);
  }

  @Get()
  @Returns(200, JobPage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid, Forbidden)
  @ApiOperation({
    operationId: 'listJobs',
    summary: 'List jobs',
    description: "The caller's own jobs, a page at a time; everybody's for holders of `jobs:read`.",
  })
  async list(
    @Query() query: ListJobsQuery,
    @Listing() exchange: ListExchange,
    @CurrentPrincipal() caller: Principal,
  ): Promise<JobPage> {
    const filter = await this.filterOf(query, caller);
    return await this.pages.answer<ListedJob, JobDto>(query, exchange, {
      slice: async (request) => await this.jobs.list(filter, request),
      total: async () => await this.jobs.count(filter),
      toItem: JobDto.from,
    });
  }

  @Get(':id')
  @Returns(200, JobDto, 'Retry-After')
  @IdParam('the job')
  @ApiOperation({
    operationId: 'getJob',
    summary: 'Show a job',
    description: 'How far it is and what came out, for its owner and holders of `jobs:read`.',
  })
  async get(
    @Param('id', IdParamPipe) id: string,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobDto> {
    return show(await this.jobs.get(id, caller), reply);
  }

  @Post(':id/cancel')
  @Returns(200, JobDto, 'Retry-After')
  @Fails(JobFinished)
  @IdParam('the job')
  @ApiOperation({
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    description:
      'A job that waits is cancelled at once. One that runs is asked to stop and is cancelled when it has: read it ' +
      'again. For its owner and holders of `jobs:write`.',
  })
  async cancel(
    @Param('id', IdParamPipe) id: string,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobDto> {
    return show(await this.jobs.cancel(id, caller), reply);
  }

  @Post(':id/retry')
  @Returns(200, JobDto, 'Retry-After')
  @Fails(JobNotRetryable, Forbidden)
  @IdParam('the job')
  @ApiOperation({
    operationId: 'retryJob',
    summary: 'Retry a job',
    description:
      'A dead or cancelled job is queued again with all its attempts, for holders of `jobs:write` and for its owner ' +
      'as long as they may ask for its type.',
  })
  async retry(
    @Param('id', IdParamPipe) id: string,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobDto> {
    await this.permissions.demand(await this.jobs.neededToRetry(id, caller), caller.permissions);
    return show(await this.jobs.retry(id), reply);
  }

  private async filterOf(query: ListJobsQuery, caller: Principal): Promise<JobFilter> {
    const { sort, owner, type, state, createdAfter, createdBefore } = query;
    const seesAll = caller.permissions.includes('jobs:read');
    if (owner !== undefined && owner !== caller.userId)
      await this.permissions.demand(['jobs:read'], caller.permissions);
    const ownerId = seesAll ? owner : caller.userId;
    return { ownerId, type, state, createdAfter, createdBefore, descending: sort.startsWith('-') };
  }
}

function show(job: Job, reply: FastifyReply): JobDto {
  if (!finishedStates.includes(job.state)) void reply.header('Retry-After', '1');
  return JobDto.from(job);
}
