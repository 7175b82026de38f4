import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Links } from '../../config/links.ts';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import { PermissionCheck } from '../../http/auth/permission-check.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { tagVersion } from '../../http/concurrency/entity-tag.ts';
import { IfMatch } from '../../http/concurrency/if-match.decorator.ts';
import { HonoursIfNoneMatch } from '../../http/concurrency/if-none-match.decorator.ts';
import type { Precondition } from '../../http/concurrency/precondition.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Listing } from '../../http/pagination/list-exchange.decorator.ts';
import type { ListExchange } from '../../http/pagination/pages.ts';
import { Pages } from '../../http/pagination/pages.ts';
import { CursorInvalid } from '../../http/pagination/pagination.errors.ts';
import { PreconditionFailed, PreconditionRequired } from '../../http/problem/precondition.errors.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import type { ListedSchedule, Schedule } from '../../queue/schedule.ts';
import {
  CreateScheduleDto,
  ListSchedulesQuery,
  ScheduleDto,
  SchedulePage,
  UpdateScheduleDto,
} from './schedules.dto.ts';
import { ScheduleShipped } from './schedules.errors.ts';
import { SchedulesService } from './schedules.service.ts';

@ApiTags('schedules')
@Controller('job-schedules')
export class SchedulesController {
  constructor(
    private readonly schedules: SchedulesService,
    private readonly pages: Pages,
    private readonly permissions: PermissionCheck,
    private readonly links: Links,
  ) {}

  @Get()
  @RequirePermissions('jobs:write')
  @Returns(200, SchedulePage, 'Link', 'Preference-Applied')
  @Fails(CursorInvalid)
  @ApiOperation({
    operationId: 'listJobSchedules',
    summary: 'List schedules',
    description: 'All schedules, oldest first.',
  })
  async list(@Query() query: ListSchedulesQuery, @Listing() exchange: ListExchange): Promise<SchedulePage> {
    return await this.pages.answerNumbered<ListedSchedule, ScheduleDto>(query, exchange, {
      slice: async (request) => await this.schedules.list(request),
      total: async () => await this.schedules.count(),
      toItem: ScheduleDto.from,
    });
  }

  @Post()
  @RequirePermissions('jobs:write')
  @Returns(201, ScheduleDto, 'Location', 'ETag')
  @ApiOperation({
    operationId: 'createJobSchedule',
    summary: 'Make a schedule',
    description: 'Makes a job at every moment of a cron expression, by the clock of a time zone, from now on.',
  })
  async create(
    @Body() body: CreateScheduleDto,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScheduleDto> {
    await this.permissions.demand(this.schedules.permissionsFor(body.type), caller.permissions);
    const schedule = await this.schedules.create(body, caller.userId);
    void reply.header('Location', this.links.path(`/v1/job-schedules/${schedule.id}`));
    return show(schedule, reply);
  }

  @Get(':id')
  @RequirePermissions('jobs:write')
  @Returns(200, ScheduleDto, 'ETag')
  @HonoursIfNoneMatch()
  @IdParam('the schedule')
  @ApiOperation({ operationId: 'getJobSchedule', summary: 'Show a schedule', description: 'One schedule.' })
  async get(
    @Param('id', IdParamPipe) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScheduleDto> {
    return show(await this.schedules.get(id), reply);
  }

  @Patch(':id')
  @RequirePermissions('jobs:write')
  @Returns(200, ScheduleDto, 'ETag')
  @Fails(PreconditionRequired, PreconditionFailed, ScheduleShipped)
  @IdParam('the schedule')
  @ApiOperation({
    operationId: 'updateJobSchedule',
    summary: 'Change a schedule',
    description:
      'Pauses it, lets it go on, or gives it other times or another payload; absent members stay as they are. What ' +
      'came due while it was paused is not made up for; who lets it go on becomes its owner. Every tick changes the ETag as well.',
  })
  async update(
    @Param('id', IdParamPipe) id: string,
    @Body() body: UpdateScheduleDto,
    @IfMatch() match: Precondition,
    @CurrentPrincipal() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScheduleDto> {
    const target = { id, versions: match.versions() };
    await this.permissions.demand(await this.schedules.permissionsToChange(id, body), caller.permissions);
    return show(await this.schedules.update(target, body, caller.userId), reply);
  }

  @Delete(':id')
  @RequirePermissions('jobs:write')
  @Returns(204)
  @Fails(PreconditionRequired, PreconditionFailed, ScheduleShipped)
  @IdParam('the schedule')
  @ApiOperation({
    operationId: 'deleteJobSchedule',
    summary: 'Delete a schedule',
    description: 'It makes no more jobs; those it has made stay.',
  })
  async remove(@Param('id', IdParamPipe) id: string, @IfMatch() match: Precondition): Promise<void> {
    await this.schedules.remove({ id, versions: match.versions() });
  }
}

function show(schedule: Schedule, reply: FastifyReply): ScheduleDto {
  tagVersion(reply, schedule.version);
  return ScheduleDto.from(schedule);
}
