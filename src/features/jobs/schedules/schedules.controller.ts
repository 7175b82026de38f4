import { Body, Controller, Delete, Get, Param, Patch, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Links } from '../../../platform/config/links.ts';
import { ReauthenticationRequired } from '../../../platform/http/auth/auth.errors.ts';
import { RequirePermissions } from '../../../platform/http/auth/access.decorators.ts';
import { PermissionChecker } from '../../../platform/http/auth/permission-checker.ts';
import { RecentAuthentication } from '../../../platform/http/auth/recent-authentication.ts';
import { setEtag } from '../../../platform/http/conditional/entity-tag.ts';
import { IfMatch } from '../../../platform/http/conditional/if-match.decorator.ts';
import { ConditionalGet } from '../../../platform/http/conditional/if-none-match.decorator.ts';
import type { Precondition } from '../../../platform/http/conditional/precondition.ts';
import { ReadsOnly } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { IdParam } from '../../../platform/http/openapi/id-param.decorator.ts';
import type {
  ConditionalContext,
  OperationContext,
} from '../../../platform/http/openapi/operation-context.decorators.ts';
import { Context, IfMatchContext } from '../../../platform/http/openapi/operation-context.decorators.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PageContext } from '../../../platform/http/pagination/page-context.decorator.ts';
import type { PageRequest } from '../../../platform/http/pagination/paginator.ts';
import { Paginator } from '../../../platform/http/pagination/paginator.ts';
import { InvalidCursor } from '../../../platform/http/pagination/pagination.errors.ts';
import { PreconditionFailed, PreconditionRequired } from '../../../platform/http/problem/precondition.errors.ts';
import { IdParamPipe } from '../../../platform/http/validation/id-param.pipe.ts';
import type { ListedSchedule, Schedule } from '../../../platform/queue/scheduling/schedule.ts';
import { JobTypeGuard } from '../index.ts';
import {
  CreateScheduleDto,
  ListSchedulesQuery,
  PreviewScheduleDto,
  ScheduleDto,
  SchedulePage,
  SchedulePreviewDto,
  UpdateScheduleDto,
} from './schedules.dto.ts';
import { BuiltInScheduleReadOnly } from './schedules.errors.ts';
import { SchedulesService } from './schedules.service.ts';

@ApiTags('schedules')
@Controller('job-schedules')
export class SchedulesController {
  constructor(
    private readonly schedules: SchedulesService,
    private readonly pages: Paginator,
    private readonly permissions: PermissionChecker,
    private readonly recentAuthentication: RecentAuthentication,
    private readonly links: Links,
  ) {}

  @Get()
  @RequirePermissions('jobs:write')
  @Returns(200, SchedulePage, 'Link', 'Preference-Applied')
  @Fails(InvalidCursor)
  @ApiOperation({
    operationId: 'listJobSchedules',
    summary: 'List job schedules',
    description: 'Lists all schedules, the oldest first.',
  })
  async list(@Query() query: ListSchedulesQuery, @PageContext() context: PageRequest): Promise<SchedulePage> {
    return await this.pages.paginateNumbered<ListedSchedule, ScheduleDto>(query, context, {
      slice: async (request) => await this.schedules.list(request),
      total: async () => await this.schedules.count(),
      toItem: ScheduleDto.from,
    });
  }

  @Post()
  @UseGuards(JobTypeGuard)
  @RequirePermissions('jobs:write')
  @Returns(201, ScheduleDto, 'Location', 'ETag')
  @Fails(ReauthenticationRequired)
  @ApiOperation({
    operationId: 'createJobSchedule',
    summary: 'Create a job schedule',
    description:
      'The schedule creates a job at every occurrence of its cron expression, in local time of its time zone.',
  })
  async create(@Body() body: CreateScheduleDto, @Context() { caller, reply }: OperationContext): Promise<ScheduleDto> {
    const schedule = await this.schedules.create(body, caller.userId);
    void reply.header('Location', this.links.path(`/v1/job-schedules/${schedule.id}`));
    return toDto(schedule, reply);
  }

  @Post('preview')
  @RequirePermissions('jobs:write')
  @ReadsOnly()
  @Returns(200, SchedulePreviewDto)
  @ApiOperation({
    operationId: 'previewJobSchedule',
    summary: 'List the next occurrences of a cron expression',
    description:
      'Returns when a schedule with these times would create its next five jobs. Creates no schedule. At a change to ' +
      'or from daylight saving time, a fixed hour that is skipped occurs later by the size of the change, and one ' +
      'that is repeated occurs only the first time.',
  })
  async preview(@Body() body: PreviewScheduleDto): Promise<SchedulePreviewDto> {
    return SchedulePreviewDto.from(await this.schedules.preview(body));
  }

  @Get(':id')
  @RequirePermissions('jobs:write')
  @Returns(200, ScheduleDto, 'ETag')
  @ConditionalGet()
  @IdParam('the schedule')
  @ApiOperation({ operationId: 'getJobSchedule', summary: 'Get a job schedule', description: 'Returns the schedule.' })
  async get(@Param('id', IdParamPipe) id: string, @Context() { reply }: OperationContext): Promise<ScheduleDto> {
    return toDto(await this.schedules.get(id), reply);
  }

  @Patch(':id')
  @RequirePermissions('jobs:write')
  @Returns(200, ScheduleDto, 'ETag')
  @Fails(PreconditionRequired, PreconditionFailed, BuiltInScheduleReadOnly, ReauthenticationRequired)
  @IdParam('the schedule')
  @ApiOperation({
    operationId: 'updateJobSchedule',
    summary: 'Update a job schedule',
    description:
      'Pauses or resumes it, or changes its times or its payload. Omitted fields are left unchanged. Occurrences ' +
      'during a pause are skipped. The caller who resumes a schedule becomes its owner. Resuming it and another ' +
      'payload require what creating such a job requires. Every occurrence changes the ETag.',
  })
  async update(
    @Param('id', IdParamPipe) id: string,
    @Body() body: UpdateScheduleDto,
    @IfMatchContext() { caller, match, reply }: ConditionalContext,
  ): Promise<ScheduleDto> {
    const target = { id, versions: match.versions() };
    const { permissions, recentAuthentication } = await this.schedules.accessToChange(id, body);
    await this.permissions.assertPermissions(permissions, caller.permissions);
    if (recentAuthentication) this.recentAuthentication.assertRecent(caller);
    return toDto(await this.schedules.update(target, body, caller.userId), reply);
  }

  @Delete(':id')
  @RequirePermissions('jobs:write')
  @Returns(204)
  @Fails(PreconditionRequired, PreconditionFailed, BuiltInScheduleReadOnly)
  @IdParam('the schedule')
  @ApiOperation({
    operationId: 'deleteJobSchedule',
    summary: 'Delete a job schedule',
    description: 'The schedule creates no further jobs; its existing jobs remain.',
  })
  async delete(@Param('id', IdParamPipe) id: string, @IfMatch() match: Precondition): Promise<void> {
    await this.schedules.delete({ id, versions: match.versions() });
  }
}

function toDto(schedule: Schedule, reply: FastifyReply): ScheduleDto {
  setEtag(reply, schedule.version);
  return ScheduleDto.from(schedule);
}
