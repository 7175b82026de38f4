import { ApiPropertyOptional } from '@nestjs/swagger';
import { OneOf } from '../../validation/fields.ts';

/** A process that is well. Words only: nothing that a stranger could use. */
export class HealthDto {
  @OneOf(['ok'], { name: 'HealthStatus', description: 'The process is well.', example: 'ok' })
  readonly status!: 'ok';

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', enum: ['up', 'down'], maxLength: 8 },
    description: 'What was asked, and whether it is up.',
    example: { database: 'up', migrations: 'up' },
  })
  readonly checks?: Readonly<Record<string, string>>;
}
