import { OneOf } from '../../validation/choice-fields.ts';

/** The reply of operations that tell the rest by mail: the same for a new, a known, a deleted and a disabled address. */
export class AcceptedDto {
  @OneOf(['accepted'], { name: 'AcceptedStatus', description: 'A mail is on its way.', example: 'accepted' })
  readonly status!: 'accepted';
}

export const accepted: AcceptedDto = { status: 'accepted' };
