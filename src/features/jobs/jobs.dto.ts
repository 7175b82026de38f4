import { ApiSchema } from '@nestjs/swagger';
import { PageOf, PageQuery } from '../../platform/http/pagination/page.dto.ts';
import type { JobState } from '../../platform/queue/job.ts';
import { jobStates } from '../../platform/queue/job.ts';
import { AlsoValidatedBy } from '../../platform/validation/body-validator.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { UuidField, DateTimeField, StringField, IntegerField } from '../../platform/validation/fields.ts';
import { AnyObjectField } from '../../platform/validation/object-fields.ts';
import { JobDto, jobPriorityField, jobStateChoice, jobTypeField } from './job-response.ts';
import { JobValidator } from './job-validator.ts';
import type { JobCaller, JobFilter } from './jobs.service.ts';

@ApiSchema({ description: 'A job to create, by its type.' })
@AlsoValidatedBy(JobValidator)
export class CreateJobDto {
  @StringField({ ...jobTypeField, description: 'Type of the job (GET /v1/job-types).' })
  readonly type!: string;

  @AnyObjectField({
    description: 'Input of the job, by the schema of its type. At most 64 KiB as JSON.',
    example: { format: 'csv' },
  })
  readonly payload!: object;

  @DateTimeField({ optional: true, description: 'Earliest start, at most a year ahead; now when omitted.' })
  readonly runAt?: string;

  @IntegerField({ ...jobPriorityField, default: 0, description: 'A lower number runs sooner, within one queue.' })
  readonly priority!: number;
}

@ApiSchema({ description: 'A page of jobs.' })
export class JobPage extends PageOf(JobDto) {}

/** Sort orders of the list of jobs; a minus is descending. */
const jobSorts = ['createdAt', '-createdAt'] as const;

/** Filters, sort order and page of the list of jobs. */
export class ListJobsQuery extends PageQuery {
  @EnumField(jobSorts, {
    name: 'JobSort',
    about: 'Sort orders of the list of jobs; a minus is descending.',
    default: '-createdAt',
    description: 'Sort order.',
  })
  readonly sort!: (typeof jobSorts)[number];

  @StringField({ ...jobTypeField, optional: true, description: 'Only jobs of this type.' })
  readonly type?: string;

  @EnumField(jobStates, { ...jobStateChoice, optional: true, description: 'Only jobs in this state.' })
  readonly state?: JobState;

  @UuidField({ optional: true, description: "Only this user's jobs; another user's require `jobs:read`." })
  readonly owner?: string;

  @DateTimeField({ optional: true, description: 'Only jobs created after this time.' })
  readonly createdAfter?: string;

  @DateTimeField({ optional: true, description: 'Only jobs created before this time.' })
  readonly createdBefore?: string;
}

/** The filter of a query: without `jobs:read` only jobs of the caller. `permissions`: what the query requires. */
export function jobFilterOf(
  query: ListJobsQuery,
  caller: JobCaller,
): { readonly filter: JobFilter; readonly permissions: readonly string[] } {
  const { sort, owner, type, state, createdAfter, createdBefore } = query;
  const ownerId = caller.permissions.includes('jobs:read') ? owner : caller.userId;
  return {
    filter: { ownerId, type, state, createdAfter, createdBefore, descending: sort.startsWith('-') },
    permissions: owner === undefined || owner === caller.userId ? [] : ['jobs:read'],
  };
}
