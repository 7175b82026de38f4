import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/http/auth/access.decorators.ts';
import { Fails, Returns } from '../../platform/http/openapi/operation.decorators.ts';
import { ShutdownState } from '../../platform/http/server/shutdown-state.ts';
import { HealthDto, ReadinessDto } from './health.dto.ts';
import { NotReady } from './health.errors.ts';
import { ReadinessService } from './readiness.service.ts';

@Public()
@ApiTags('health')
@Controller({ version: VERSION_NEUTRAL })
export class HealthController {
  constructor(
    private readonly readiness: ReadinessService,
    private readonly shutdown: ShutdownState,
  ) {}

  @Get('livez')
  @Returns(200, HealthDto)
  @ApiOperation({
    operationId: 'livez',
    summary: 'Liveness probe',
    description: 'Returns 200 while the event loop runs.',
  })
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
  @ApiOperation({
    operationId: 'startupz',
    summary: 'Startup probe',
    description: 'Returns 200 once the process has started.',
  })
  startup(): HealthDto {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Returns(200, ReadinessDto)
  @Fails(NotReady)
  @ApiOperation({
    operationId: 'readyz',
    summary: 'Readiness probe',
    description:
      'Returns 200 while the database and the queue are usable and the process is not draining, otherwise 503. ' +
      '`checks` has the state of each dependency; `degraded` names those that the process works without.',
  })
  async ready(): Promise<ReadinessDto> {
    const [checks, degraded] = await Promise.all([this.readiness.states(), this.readiness.degraded()]);
    const states = this.shutdown.isDraining ? { ...checks, process: 'draining' } : checks;
    if (Object.values(states).every((state) => state === 'up'))
      return { status: 'ok', checks: states, ...(degraded.length > 0 && { degraded }) };
    throw new NotReady({ members: { checks: states }, headers: { 'Retry-After': '1' } });
  }
}
