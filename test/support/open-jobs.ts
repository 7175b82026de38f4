import { Injectable, Module } from '@nestjs/common';
import { JobHandler } from '../../src/queue/job-handler.ts';
import { Text } from '../../src/validation/fields.ts';

/** What the job of a schedule is given. */
class OpenPayload {
  @Text({ min: 1, max: 64, description: 'Whatever.' })
  readonly key!: string;
}

/** Next to nothing. */
class Nothing {
  @Text({ max: 64, optional: true, description: 'Whatever.' })
  readonly note?: string;
}

/** Anybody may ask for this. */
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

/** Only who holds a permission that no role gives may ask for this. */
@Injectable()
@JobHandler({
  type: 'test.rare',
  description: 'Does nothing.',
  payload: Nothing,
  result: Nothing,
  permission: 'nobody:has',
})
class RareJob implements JobHandler<Nothing, Nothing> {
  async run(): Promise<Nothing> {
    return await Promise.resolve({});
  }
}

/** Jobs that schedules of the tests make. */
@Module({ providers: [OpenJob, RareJob] })
export class OpenJobsModule {}
