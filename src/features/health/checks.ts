import { ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../platform/validation/enum-fields.ts';

const states = ['up', 'down', 'draining'] as const;
const state = {
  name: 'CheckState',
  about: 'State of a dependency.',
  optional: true,
  example: 'up',
} as const;

@ApiSchema({ description: 'The state of each dependency; those that could not be checked are absent.' })
export class ChecksDto {
  @EnumField(states, { ...state, description: 'Whether the database responds.' })
  readonly database?: string;

  @EnumField(states, { ...state, description: 'Whether database connections have the required settings.' })
  readonly settings?: string;

  @EnumField(states, { ...state, description: 'Whether the database role has the required privileges.' })
  readonly privileges?: string;

  @EnumField(states, { ...state, description: 'Whether the database has every migration of this build.' })
  readonly migrations?: string;

  @EnumField(states, { ...state, description: 'Present when the process is shutting down.', example: 'draining' })
  readonly process?: string;
}
