import { Injectable } from '@nestjs/common';
import { JobRegistry } from '../../../platform/queue/job-registry.ts';
import { parseRequestedPayload } from '../../../platform/queue/payload.ts';
import type { CronTimes } from '../../../platform/queue/scheduling/cron.ts';
import { cronErrors } from '../../../platform/queue/scheduling/cron.ts';
import type { BodyValidator } from '../../../platform/validation/body-validator.ts';
import type { LocatedError } from '../../../platform/validation/error-pointers.ts';

/** A schedule to be created. */
export interface CreateScheduleInput extends CronTimes {
  readonly type: string;
  readonly payload: object;
}

/** Validates the payload of a schedule by the type of its jobs, and its times. */
@Injectable()
export class ScheduleValidator implements BodyValidator {
  constructor(private readonly registry: JobRegistry) {}

  /**
   * Returns all violations of the members that are given.
   * @param typeMember the member to which an unknown or internal type of job is attributed
   */
  async violationsIn(
    { type, payload, cron, timezone }: Partial<CreateScheduleInput>,
    typeMember: 'type' | 'payload' = 'type',
  ): Promise<readonly LocatedError[]> {
    // An expression or a time zone that is not given is replaced by a valid one.
    const timeErrors = cronErrors({ cron: cron ?? '* * * * *', timezone: timezone ?? 'UTC' });
    return [
      ...(type === undefined ? [] : await this.payloadErrors(type, payload, typeMember)),
      ...timeErrors.map(({ member, code, detail }) => ({ path: [member], code, detail })),
    ];
  }

  private async payloadErrors(
    type: string,
    payload: object | undefined,
    typeMember: string,
  ): Promise<readonly LocatedError[]> {
    const unknown = {
      path: [typeMember],
      code: 'unknown_job_type',
      detail: 'must be for a type of job that the API creates',
    };
    return (await parseRequestedPayload(this.registry.find(type), payload, unknown)).errors;
  }
}
