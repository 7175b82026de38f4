import { ApiSchema } from '@nestjs/swagger';
import { OneOf } from '../../validation/choice-fields.ts';

/** Of operations that answer the same for a new, a known, a deleted and a disabled address. */
@ApiSchema({ description: 'The request was accepted; the rest is told by mail.' })
export class AcceptedDto {
  @OneOf(['accepted'], { name: 'AcceptedStatus', description: 'A mail is on its way.', example: 'accepted' })
  readonly status!: 'accepted';
}

export const accepted: AcceptedDto = { status: 'accepted' };
