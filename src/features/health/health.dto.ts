import { ApiSchema } from '@nestjs/swagger';
import { OneOf } from '../../validation/choice-fields.ts';
import { Part } from '../../validation/fields.ts';

const states = ['up', 'down', 'draining'] as const;
const state = {
  name: 'CheckState',
  about: 'Whether something that was checked works.',
  optional: true,
  example: 'up',
} as const;

@ApiSchema({ description: 'What was checked, and its state; what could not be checked is absent.' })
class ChecksDto {
  @OneOf(states, { ...state, description: 'Whether the database answers.' })
  readonly database?: string;

  @OneOf(states, { ...state, description: 'Whether connections to the database have the settings that they need.' })
  readonly settings?: string;

  @OneOf(states, { ...state, description: 'Whether the database role may do all that the service does.' })
  readonly privileges?: string;

  @OneOf(states, { ...state, description: 'Whether the database has every migration of this build.' })
  readonly migrations?: string;

  @OneOf(states, { ...state, description: 'Whether jobs can be handed to workers.' })
  readonly queue?: string;

  @OneOf(states, { ...state, description: 'Present when the process is on its way out.', example: 'draining' })
  readonly process?: string;
}

/** Public: words alone, nothing that helps an attacker. */
@ApiSchema({ description: 'The process is well.' })
export class HealthDto {
  @OneOf(['ok'], { name: 'HealthStatus', description: 'The process is well.', example: 'ok' })
  readonly status!: 'ok';
}

@ApiSchema({ description: 'The process can serve requests.' })
export class ReadinessDto extends HealthDto {
  @Part(ChecksDto, {
    description: 'What was asked, and whether it is up.',
    example: { database: 'up', settings: 'up', privileges: 'up', migrations: 'up', queue: 'up' },
  })
  readonly checks!: ChecksDto;
}
