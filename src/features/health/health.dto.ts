import { ApiSchema } from '@nestjs/swagger';
import { EnumArrayField, EnumField } from '../../platform/validation/enum-fields.ts';
import { ObjectField } from '../../platform/validation/object-fields.ts';
import { ChecksDto } from './checks.ts';

/** Public: states only, nothing that helps an attacker. */
@ApiSchema({ description: 'The process is healthy.' })
export class HealthDto {
  @EnumField(['ok'], { name: 'HealthStatus', description: 'The process is healthy.', example: 'ok' })
  readonly status!: 'ok';
}

@ApiSchema({ description: 'The process can serve requests.' })
export class ReadinessDto extends HealthDto {
  @ObjectField(ChecksDto, {
    description: 'State of each dependency.',
    example: { database: 'up', settings: 'up', privileges: 'up', migrations: 'up', queue: 'up' },
  })
  readonly checks!: ChecksDto;

  @EnumArrayField(['redis'], {
    name: 'DegradedDependency',
    description:
      'Dependencies that do not respond and that the process works without. Redis: rate limits are counted by each ' +
      'process.',
    max: 1,
    optional: true,
    example: ['redis'],
  })
  readonly degraded?: readonly 'redis'[];
}
