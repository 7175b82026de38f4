import { ApiSchema } from '@nestjs/swagger';
import type { JobError } from '../../platform/queue/job.ts';
import { StringField } from '../../platform/validation/fields.ts';

@ApiSchema({ description: 'Why the latest attempt of a job failed.' })
export class JobErrorDto implements JobError {
  @StringField({ max: 256, description: 'Kind of failure.', example: 'Error' })
  readonly name!: string;

  @StringField({ max: 1024, description: 'Description of the failure.', example: 'The mail server does not respond.' })
  readonly message!: string;
}
