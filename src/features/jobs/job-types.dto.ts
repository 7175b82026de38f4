import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { QueueName } from '../../queue/job.ts';
import { queueNameChoice, queueNames } from '../../queue/job.ts';
import type { JobType } from '../../queue/job-handler.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { AnyObject, Text, Whole } from '../../validation/fields.ts';
import { jsonSchemaOf } from '../../validation/json-schema.ts';

const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };

@ApiSchema({ description: 'A type of job.' })
export class JobTypeDto {
  @Text({ min: 1, max: 64, description: 'What POST /v1/jobs takes as `type`.', example: 'users.export' })
  readonly name!: string;

  @Text({ max: 512, description: 'What such a job does.', example: 'Writes live users into a file.' })
  readonly description!: string;

  @Text({
    min: 1,
    max: 64,
    description: 'What asking for one needs; `any` when every user may.',
    example: 'users:export',
  })
  readonly permission!: string;

  @OneOf(queueNames, { ...queueNameChoice, description: 'The queue that its jobs wait in.', example: 'default' })
  readonly queue!: QueueName;

  @Whole({ min: 1, max: 1000, description: 'Attempts after which a job is dead.', example: 5 })
  readonly attempts!: number;

  @AnyObject({ description: 'JSON Schema (2020-12) of the payload.', example: schema })
  readonly payload!: object;

  @AnyObject({ description: 'JSON Schema (2020-12) of the result.', example: schema })
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
