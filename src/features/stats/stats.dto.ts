import { ApiSchema } from '@nestjs/swagger';
import type { QueueName } from '../../platform/queue/job.ts';
import { queueNameChoice, queueNames } from '../../platform/queue/job.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { BooleanField, DateField, DateTimeField } from '../../platform/validation/fields.ts';
import { IntegerField, StringField, UuidField } from '../../platform/validation/fields.ts';
import { ObjectArrayField } from '../../platform/validation/list-fields.ts';
import { ObjectField } from '../../platform/validation/object-fields.ts';
import { ChecksDto } from '../health/index.ts';
import { JobErrorDto } from '../jobs/index.ts';
import { QueueDto } from '../jobs/queues/index.ts';
import type { UserStatus } from '../users/index.ts';
import type { DayTotal, FailedJob, Overview, ServiceState } from './stats.service.ts';
import { latestFailuresMax, overviewDays } from './stats.service.ts';

const amount = { min: 0, max: 2_147_483_647 } as const;
const perDay = { max: overviewDays } as const;

@ApiSchema({ description: 'A number of something.' })
class TotalDto {
  @IntegerField({ ...amount, description: 'The number.', example: 1204 })
  readonly count!: number;

  @BooleanField({
    description: 'Whether it is exact; otherwise it is an estimate of more than 10,000.',
    example: true,
  })
  readonly isExact!: boolean;
}

@ApiSchema({ description: 'A number of one day.' })
class DayTotalDto implements DayTotal {
  @DateField({ description: 'The day in UTC.' })
  readonly day!: string;

  @IntegerField({ ...amount, description: 'The number.', example: 17 })
  readonly count!: number;

  @BooleanField({ description: 'Whether it is exact: counting stops at 10,000.', example: true })
  readonly isExact!: boolean;
}

@ApiSchema({ description: 'The process that returned the overview.' })
class ServiceStatsDto {
  @StringField({ max: 64, description: 'Version of the service.', example: '1.4.2' })
  readonly version!: string;

  @IntegerField({ ...amount, description: 'Seconds since the process started.', example: 86_400 })
  readonly uptimeSeconds!: number;

  @ObjectField(ChecksDto, { description: 'State of each dependency.', example: { database: 'up', migrations: 'up' } })
  readonly checks!: ChecksDto;
}

@ApiSchema({ description: 'Numbers of users by status. They are estimates beyond 10,000.' })
class UserTotalsDto implements Record<UserStatus, TotalDto> {
  @ObjectField(TotalDto, { description: 'Users who can log in.' })
  readonly active!: TotalDto;

  @ObjectField(TotalDto, { description: 'Users whose email address is not verified.' })
  readonly unverified!: TotalDto;

  @ObjectField(TotalDto, { description: 'Users that an administrator has disabled.' })
  readonly disabled!: TotalDto;
}

@ApiSchema({ description: 'The users that are not deleted.' })
class UserStatsDto {
  @ObjectField(UserTotalsDto, { description: 'Their number by status.' })
  readonly byStatus!: UserTotalsDto;

  @ObjectArrayField(DayTotalDto, {
    ...perDay,
    description: 'Those who were created on each of the last 30 days, the oldest first.',
  })
  readonly newPerDay!: readonly DayTotalDto[];
}

@ApiSchema({ description: 'The logins of all users.' })
class LoginStatsDto {
  @ObjectArrayField(DayTotalDto, { ...perDay, description: 'Logins on each of the last 30 days, the oldest first.' })
  readonly succeededPerDay!: readonly DayTotalDto[];

  @ObjectArrayField(DayTotalDto, {
    ...perDay,
    description: 'Failed logins on each of the last 30 days, the oldest first.',
  })
  readonly failedPerDay!: readonly DayTotalDto[];
}

@ApiSchema({ description: 'A job that became dead.' })
class FailedJobDto implements FailedJob {
  @UuidField({ description: 'Identifies the job.' })
  readonly id!: string;

  @StringField({ max: 64, description: 'Type of the job.', example: 'users.export' })
  readonly type!: string;

  @EnumField(queueNames, { ...queueNameChoice, description: 'Queue of the job.', example: 'heavy' })
  readonly queue!: QueueName;

  @IntegerField({ min: 0, max: 1000, description: 'Number of attempts started.', example: 5 })
  readonly attempts!: number;

  @ObjectField(JobErrorDto, { nullable: true, description: 'Why the latest attempt failed.' })
  readonly error!: JobErrorDto | null;

  @DateTimeField({ description: 'Time at which the job became dead.' })
  readonly finishedAt!: string;
}

@ApiSchema({ description: 'The state of the service, and its numbers.' })
export class OverviewDto {
  @DateTimeField({ description: 'Time at which the numbers were read, at most 5 seconds ago.' })
  readonly computedAt!: string;

  @ObjectField(ServiceStatsDto, { description: 'The process that returned the overview.' })
  readonly service!: ServiceStatsDto;

  @ObjectField(UserStatsDto, { description: 'The users.' })
  readonly users!: UserStatsDto;

  @ObjectField(LoginStatsDto, { description: 'The logins.' })
  readonly logins!: LoginStatsDto;

  @ObjectArrayField(QueueDto, { max: 16, description: 'All queues.' })
  readonly queues!: readonly QueueDto[];

  @ObjectArrayField(FailedJobDto, { max: latestFailuresMax, description: 'The latest dead jobs, the newest first.' })
  readonly latestFailures!: readonly FailedJobDto[];

  static from(this: void, overview: Overview, service: ServiceState): OverviewDto {
    return {
      computedAt: overview.computedAt,
      service,
      users: { byStatus: overview.usersByStatus, newPerDay: overview.newUsers },
      logins: { succeededPerDay: overview.loginsSucceeded, failedPerDay: overview.loginsFailed },
      queues: overview.queues.map(QueueDto.from),
      latestFailures: overview.latestFailures,
    };
  }
}
