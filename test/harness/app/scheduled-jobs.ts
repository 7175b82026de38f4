import { Injectable, Module } from '@nestjs/common';
import { JobHandler } from '../../../src/platform/queue/job-handler.ts';
import { StringField } from '../../../src/platform/validation/fields.ts';

/** The payload of a scheduled job. */
class OpenPayload {
  @StringField({ min: 1, max: 64, description: 'Any text.' })
  readonly key!: string;
}

/** An empty result. */
class Nothing {
  @StringField({ max: 64, optional: true, description: 'Any text.' })
  readonly note?: string;
}

/** Every user may create it. */
@Injectable()
@JobHandler({
  type: 'test.open',
  description: 'Does nothing.',
  payload: OpenPayload,
  result: Nothing,
  permission: 'any',
})
class OpenJob implements JobHandler<OpenPayload, Nothing> {
  async run(): Promise<Nothing> {
    return await Promise.resolve({});
  }
}

/** Requires a permission that no role grants. */
@Injectable()
@JobHandler({
  type: 'test.rare',
  description: 'Does nothing.',
  payload: Nothing,
  result: Nothing,
  permission: 'test:none',
})
class RareJob implements JobHandler<Nothing, Nothing> {
  async run(): Promise<Nothing> {
    return await Promise.resolve({});
  }
}

/** Types of job for tests of schedules. */
@Module({ providers: [OpenJob, RareJob] })
export class ScheduledJobsModule {}
