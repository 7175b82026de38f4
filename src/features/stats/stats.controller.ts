import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsApiKeys, RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import { Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { OverviewDto } from './stats.dto.ts';
import { StatsService } from './stats.service.ts';

@ApiTags('stats')
@Controller('stats')
export class StatsController {
  constructor(private readonly stats: StatsService) {}

  @Get('overview')
  @AcceptsApiKeys()
  @RequirePermissions('jobs:read')
  @Returns(200, OverviewDto)
  @ApiOperation({
    operationId: 'getStatsOverview',
    summary: 'Get an overview of the service',
    description:
      'Returns the state of the service, the numbers of users, logins and jobs, and the latest dead jobs. Numbers are ' +
      'cached for 5 seconds; `computedAt` says when they were read. Days are in UTC. Counting stops at a limit, which ' +
      '`isExact` and `countsAreExact` report.',
  })
  async overview(): Promise<OverviewDto> {
    return OverviewDto.from(await this.stats.overview(), await this.stats.serviceState());
  }
}
