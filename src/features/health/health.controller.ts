import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import { Public } from '../../http/auth/access.decorators.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { Draining } from '../../http/server/draining.ts';
import { HealthDto, ReadinessDto } from './health.dto.ts';
import { NotReady } from './health.errors.ts';
import { ReadinessService } from './readiness.service.ts';

@Public()
@ApiTags('health')
@Controller({ version: VERSION_NEUTRAL })
export class HealthController {
  constructor(
    private readonly readiness: ReadinessService,
    private readonly draining: Draining,
  ) {}

  @Get('livez')
  @Returns(200, HealthDto)
  @ApiOperation({ operationId: 'livez', summary: 'Is it alive', description: '200 while the event loop turns.' })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('health/live')
  @ApiExcludeEndpoint()
  liveAlias(): HealthDto {
    return this.live();
  }

  @Get('health/ready')
  @ApiExcludeEndpoint()
  async readyAlias(): Promise<ReadinessDto> {
    return await this.ready();
  }

  @Get('startupz')
  @Returns(200, HealthDto)
  @ApiOperation({ operationId: 'startupz', summary: 'Has it started', description: '200 once the process has booted.' })
  started(): HealthDto {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Returns(200, ReadinessDto)
  @Fails(NotReady)
  @ApiOperation({
    operationId: 'readyz',
    summary: 'Can it serve',
    description:
      '200 while the database and the queue can be worked with and the process is not draining; else 503. `checks` says what was asked.',
  })
  async ready(): Promise<ReadinessDto> {
    const checks = statesOf(await this.readiness.check());
    const all = this.draining.begun ? { ...checks, process: 'draining' } : checks;
    if (Object.values(all).every((state) => state === 'up')) return { status: 'ok', checks: all };
    throw new NotReady({ members: { checks: all }, headers: { 'Retry-After': '1' } });
  }
}

function statesOf(result: HealthCheckResult): Record<string, string> {
  return Object.fromEntries(Object.entries(result.details).map(([name, { status }]) => [name, status]));
}
