import { Body, Controller, Get, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Links } from '../../platform/config/links.ts';
import { AcceptsApiKeys } from '../../platform/http/auth/access.decorators.ts';
import { Forbidden, ReauthenticationRequired } from '../../platform/http/auth/auth.errors.ts';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import { RecentAuthentication } from '../../platform/http/auth/recent-authentication.ts';
import { IdParam } from '../../platform/http/openapi/id-param.decorator.ts';
import type { OperationContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Context } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../platform/http/pagination/pagination.errors.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import type { Job } from '../../platform/queue/job.ts';
import { finishedStates } from '../../platform/queue/job.ts';
import { JobTypeGuard } from './job-type.guard.ts';
import { JobDto } from './job-response.ts';
import { CreateJobDto, jobFilterOf, JobPage, ListJobsQuery } from './jobs.dto.ts';
import { JobFinished, JobNotRetryable } from './jobs.errors.ts';
import type { ListedJob } from './jobs.service.ts';
import { JobsService } from './jobs.service.ts';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly pages: Paginator,
    private readonly permissions: PermissionChecker,
    private readonly recentAuthentication: RecentAuthentication,
    private readonly links: Links,
  ) {}

  @Post()
  @AcceptsApiKeys()
  @UseGuards(JobTypeGuard)
  @Returns(202, JobDto, 'Location', 'Retry-After')
  @Fails(Forbidden, ReauthenticationRequired)
  @ApiOperation({
    operationId: 'createJob',
    summary: 'Create a job',
    description:
      'Stores the job durably; it starts as soon as a worker is available. Each type requires its own permission and ' +
      'has its own payload, of at most 64 KiB; `account.export`, `audit.export` and `users.export` require a recent ' +
      'authentication, and no API key. GET /v1/job-types lists the types that the caller may create.',
  })
  async create(@Body() body: CreateJobDto, @Context() { caller, reply }: OperationContext): Promise<JobDto> {
    const job = await this.jobs.create(body, caller.userId);
    void reply.header('Location', this.links.path(`/v1/jobs/${job.id}`));
    return toDto(job, reply);
  }

  @Get()
  @AcceptsApiKeys()
  @Returns(200, JobPage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor, Forbidden)
  @ApiOperation({
    operationId: 'listJobs',
    summary: 'List jobs',
    description: "Lists the caller's jobs by page; with the permission `jobs:read`, the jobs of all users.",
  })
  async list(@Query() query: ListJobsQuery, @PageContext() context: PageRequest): Promise<JobPage> {
    const { filter, permissions } = jobFilterOf(query, context.caller);
    await this.permissions.assertPermissions(permissions, context.caller.permissions);
    return await this.pages.paginate<ListedJob, JobDto>(query, context, {
      slice: async (request) => await this.jobs.list(filter, request),
      total: async () => await this.jobs.count(filter),
      toItem: JobDto.from,
    });
  }

  @Get(':id')
  @AcceptsApiKeys()
  @Returns(200, JobDto, 'Retry-After')
  @IdParam('the job')
  @ApiOperation({
    operationId: 'getJob',
    summary: 'Get a job',
    description: 'Returns state, progress and result, to the owner and to callers with `jobs:read`.',
  })
  async get(@Param('id', IdParamPipe) id: string, @Context() { caller, reply }: OperationContext): Promise<JobDto> {
    return toDto(await this.jobs.get(id, caller), reply);
  }

  @Post(':id/cancel')
  @AcceptsApiKeys()
  @Returns(200, JobDto, 'Retry-After')
  @Fails(JobFinished)
  @IdParam('the job')
  @ApiOperation({
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    description:
      'Cancels a waiting job at once. A running job is requested to stop and becomes `cancelled` when it has: get it ' +
      'again to see that. Allowed for the owner and for callers with `jobs:write`.',
  })
  async cancel(@Param('id', IdParamPipe) id: string, @Context() { caller, reply }: OperationContext): Promise<JobDto> {
    return toDto(await this.jobs.cancel(id, caller), reply);
  }

  @Post(':id/retry')
  @AcceptsApiKeys()
  @Returns(200, JobDto, 'Retry-After')
  @Fails(JobNotRetryable, Forbidden, ReauthenticationRequired)
  @IdParam('the job')
  @ApiOperation({
    operationId: 'retryJob',
    summary: 'Retry a job',
    description:
      'Queues a dead or cancelled job again with all its attempts. Allowed for callers with `jobs:write`, and for ' +
      'the owner with the permission to create jobs of its type, and with a recent authentication if creating it ' +
      'requires one.',
  })
  async retry(@Param('id', IdParamPipe) id: string, @Context() { caller, reply }: OperationContext): Promise<JobDto> {
    const { permissions, recentAuthentication } = await this.jobs.accessToRetry(id, caller);
    await this.permissions.assertPermissions(permissions, caller.permissions);
    if (recentAuthentication) this.recentAuthentication.assertRecent(caller);
    return toDto(await this.jobs.retry(id), reply);
  }
}

function toDto(job: Job, reply: FastifyReply): JobDto {
  if (!finishedStates.includes(job.state)) void reply.header('Retry-After', '1');
  return JobDto.from(job);
}
