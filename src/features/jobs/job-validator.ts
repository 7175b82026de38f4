import { Injectable } from '@nestjs/common';
import type { JobType } from '../../platform/queue/job-handler.ts';
import { JobRegistry } from '../../platform/queue/job-registry.ts';
import type { ParsedPayload } from '../../platform/queue/payload.ts';
import { parseRequestedPayload } from '../../platform/queue/payload.ts';
import type { BodyValidator } from '../../platform/validation/body-validator.ts';
import type { LocatedError } from '../../platform/validation/error-pointers.ts';

/** A job to be created. */
export interface CreateJobInput {
  readonly type: string;
  readonly payload: object;
  /** RFC 3339; default now. */
  readonly runAt?: string;
  /** A lower number runs sooner; default 0. */
  readonly priority?: number;
}

/** Clocks differ and requests take time: up to this far in the past means now. */
const maxPastMs = 60_000;
const maxFutureMs = 366 * 24 * 3600 * 1000;

const unknownType: LocatedError = {
  path: ['type'],
  code: 'unknown_job_type',
  detail: 'must be a type of job that the API creates',
};

/** Validates requested jobs by their type and their time. */
@Injectable()
export class JobValidator implements BodyValidator {
  constructor(private readonly registry: JobRegistry) {}

  /** Returns the payload of a job, or all violations of the members that are given. */
  async parse({ type, payload, runAt }: Partial<CreateJobInput>): Promise<ParsedPayload<JobType>> {
    const timeErrors = runAtErrors(runAt);
    if (type === undefined) return { payload: undefined, errors: timeErrors };
    const parsed = await parseRequestedPayload(this.registry.find(type), payload, unknownType);
    return timeErrors.length === 0 ? parsed : { payload: undefined, errors: [...parsed.errors, ...timeErrors] };
  }

  async violationsIn(body: Partial<CreateJobInput>): Promise<readonly LocatedError[]> {
    return (await this.parse(body)).errors;
  }
}

/** Returns the errors of a job's `runAt`; absent means now. */
export function runAtErrors(runAt: string | undefined, now: number = Date.now()): LocatedError[] {
  if (runAt === undefined) return [];
  const aheadMs = Date.parse(runAt) - now;
  const error = (code: string, detail: string): LocatedError[] => [{ path: ['runAt'], code, detail }];
  // RFC 3339 allows second 60; JavaScript does not.
  if (Number.isNaN(aheadMs)) return error('is_rfc3339', 'must not be a leap second');
  if (aheadMs < -maxPastMs) return error('is_past', 'must not lie in the past');
  return aheadMs > maxFutureMs ? error('too_far', 'must lie within a year from now') : [];
}
