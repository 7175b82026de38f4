import { ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../validation/enum-fields.ts';

/** The response of operations that must not disclose whether an account exists. */
@ApiSchema({ description: 'The request was accepted; the outcome is sent by email.' })
export class AcceptedDto {
  @EnumField(['accepted'], { name: 'AcceptedStatus', description: 'The request was accepted.', example: 'accepted' })
  readonly status!: 'accepted';
}

export const accepted: AcceptedDto = { status: 'accepted' };
