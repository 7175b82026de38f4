import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { QueueName } from '../../platform/queue/job.ts';
import { queueNameChoice, queueNames } from '../../platform/queue/job.ts';
import type { JobType } from '../../platform/queue/job-handler.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { StringField, IntegerField } from '../../platform/validation/fields.ts';
import { AnyObjectField } from '../../platform/validation/object-fields.ts';
import { jsonSchemaOf } from '../../platform/validation/json-schema.ts';

const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };

@ApiSchema({ description: 'A type of job.' })
export class JobTypeDto {
  @StringField({ min: 1, max: 64, description: 'The value of `type` in POST /v1/jobs.', example: 'users.export' })
  readonly name!: string;

  @StringField({ max: 512, description: 'What jobs of this type do.', example: 'Writes all users into a file.' })
  readonly description!: string;

  @StringField({
    min: 1,
    max: 64,
    description: 'Permission that creating one requires; `any` for every user.',
    example: 'users:export',
  })
  readonly permission!: string;

  @EnumField(queueNames, { ...queueNameChoice, description: 'Queue of its jobs.', example: 'default' })
  readonly queue!: QueueName;

  @IntegerField({ min: 1, max: 1000, description: 'Attempts until a job is dead.', example: 5 })
  readonly attempts!: number;

  @AnyObjectField({ description: 'JSON Schema (2020-12) of the payload.', example: schema })
  readonly payload!: object;

  @AnyObjectField({ description: 'JSON Schema (2020-12) of the result.', example: schema })
  readonly result!: object;

  static from(this: void, { type, description, permission, queue, attempts, payload, result }: JobType): JobTypeDto {
    const schemas = { payload: jsonSchemaOf(payload), result: jsonSchemaOf(result) };
    return { name: type, description, permission, queue, attempts, ...schemas };
  }
}

@ApiSchema({ description: 'The types of job that the caller may create.' })
export class JobTypeList {
  @ApiProperty({ type: [JobTypeDto], maxItems: 1000, description: 'The types, sorted by name.' })
  readonly data!: readonly JobTypeDto[];
}
