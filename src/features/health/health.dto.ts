import { ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { ObjectField } from '../../platform/validation/object-fields.ts';

const states = ['up', 'down', 'draining'] as const;
const state = {
  name: 'CheckState',
  about: 'State of a dependency.',
  optional: true,
  example: 'up',
} as const;

@ApiSchema({ description: 'The state of each dependency; those that could not be checked are absent.' })
class ChecksDto {
  @EnumField(states, { ...state, description: 'Whether the database responds.' })
  readonly database?: string;

  @EnumField(states, { ...state, description: 'Whether database connections have the required settings.' })
  readonly settings?: string;

  @EnumField(states, { ...state, description: 'Whether the database role has the required privileges.' })
  readonly privileges?: string;

  @EnumField(states, { ...state, description: 'Whether the database has every migration of this build.' })
  readonly migrations?: string;

  @EnumField(states, { ...state, description: 'Whether jobs can be dispatched to workers.' })
  readonly queue?: string;

  @EnumField(states, { ...state, description: 'Present when the process is shutting down.', example: 'draining' })
  readonly process?: string;
}

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
}
