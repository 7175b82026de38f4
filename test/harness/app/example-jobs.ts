import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { ArtifactsModule } from '../../../src/features/jobs/artifacts/artifacts.module.ts';
import { ArtifactsService } from '../../../src/features/jobs/artifacts/artifacts.service.ts';
import type { JobContext, JobHandler as Handler } from '../../../src/platform/queue/job-handler.ts';
import { JobHandler } from '../../../src/platform/queue/job-handler.ts';
import { BooleanField, StringField, IntegerField } from '../../../src/platform/validation/fields.ts';

class StepsPayload {
  @IntegerField({ min: 0, max: 10_000, description: 'How many steps.', example: 3 })
  readonly steps!: number;

  @IntegerField({ min: 0, max: 60_000, optional: true, description: 'How long each takes, in milliseconds.' })
  readonly stepMs?: number;

  @BooleanField({ optional: true, description: 'Whether it fails after the last step.' })
  readonly fails?: boolean;

  @StringField({ max: 100_000, optional: true, description: 'Makes the payload large.' })
  readonly note?: string;
}

class StepsResult {
  @IntegerField({ min: 0, max: 10_000, description: 'How many steps were done.' })
  readonly steps!: number;
}

/** A job that every user may create. */
@Injectable()
@JobHandler({
  type: 'test.steps',
  description: 'Does steps.',
  payload: StepsPayload,
  result: StepsResult,
  permission: 'any',
  queue: 'heavy',
  attempts: 1,
})
class StepsJob implements Handler<StepsPayload, StepsResult> {
  async prepare({ steps, stepMs = 0, fails }: StepsPayload, { signal, progress }: JobContext): Promise<undefined> {
    for (let step = 1; step <= steps; step += 1) {
      await delay(stepMs, undefined, { signal });
      progress(step, steps);
    }
    if (fails === true) throw new TypeError('The payload requests a failure');
    return undefined;
  }

  async run({ steps }: StepsPayload): Promise<StepsResult> {
    return await Promise.resolve({ steps });
  }
}

class FilePayload {
  @StringField({ min: 1, max: 128, description: 'Name of the file.' })
  readonly filename!: string;

  @IntegerField({ min: 0, max: 10_000_000, description: 'Size of the file in bytes.' })
  readonly bytes!: number;

  @IntegerField({ min: 0, max: 60_000, optional: true, description: 'How long it takes, in milliseconds.' })
  readonly takesMs?: number;
}

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- that it has no member is the point
class Nothing {}

/** A job whose artifact consists of letters. */
@Injectable()
@JobHandler({
  type: 'test.file',
  description: 'Writes an artifact.',
  payload: FilePayload,
  result: Nothing,
  permission: 'any',
})
class FileJob implements Handler<FilePayload, Nothing> {
  constructor(private readonly artifacts: ArtifactsService) {}

  async prepare({ filename, bytes, takesMs = 0 }: FilePayload, context: JobContext): Promise<undefined> {
    const artifact = await this.artifacts.begin(context, { filename, mediaType: 'text/csv' });
    await artifact.append(letters(bytes));
    await artifact.finish();
    await delay(takesMs, undefined, { signal: context.signal });
    return undefined;
  }

  async run(): Promise<Nothing> {
    return await Promise.resolve({});
  }
}

/** A job that administrators may create. */
@Injectable()
@JobHandler({
  type: 'test.guarded',
  description: 'Does nothing.',
  payload: Nothing,
  result: Nothing,
  permission: 'users:write',
  attempts: 2,
})
class GuardedJob implements Handler<Nothing, Nothing> {
  async run(): Promise<Nothing> {
    return await Promise.resolve({});
  }
}

/** The content of the artifact of a test.file job. */
export function letters(bytes: number): string {
  return 'abcdefghijklmnopqrstuvwxyz'.repeat(Math.ceil(bytes / 26)).slice(0, bytes);
}

/** Types of job that tests create over HTTP. */
@Module({ imports: [ArtifactsModule], providers: [StepsJob, FileJob, GuardedJob] })
export class ExampleJobsModule {}
