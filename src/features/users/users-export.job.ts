import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../queue/job-handler.ts';
import { JobHandler } from '../../queue/job-handler.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { Moment, Text, Whole } from '../../validation/fields.ts';
import type { ArtifactWriter } from '../artifacts/artifacts.service.ts';
import { ArtifactsService } from '../artifacts/artifacts.service.ts';
import { normalizedEmail } from './email-address.ts';
import type { UserFilter, UserStatus } from './user.ts';
import { userStatusChoice, userStatuses } from './user.ts';
import type { ExportFormat } from './users-file.ts';
import { exportFormats, usersFiles } from './users-file.ts';
import { UsersSnapshotRepository } from './users-snapshot.repository.ts';

@ApiSchema({ description: 'Which users to export, by the filters of the list of users, and as what.' })
export class UsersExportPayload {
  @OneOf(exportFormats, { name: 'ExportFormat', description: 'The format of the file.', example: 'csv' })
  readonly format!: ExportFormat;

  @Text({ min: 1, max: 254, optional: true, description: 'Beginning of the e-mail address.', example: 'ada@' })
  readonly email?: string;

  @Text({ min: 1, max: 32, optional: true, description: 'Only users with this role.', example: 'admin' })
  readonly role?: string;

  @OneOf(userStatuses, { ...userStatusChoice, optional: true, description: 'Only users in this state.' })
  readonly status?: UserStatus;

  @Moment({ optional: true, description: 'Only users created later than this.' })
  readonly createdAfter?: string;

  @Moment({ optional: true, description: 'Only users created earlier than this.' })
  readonly createdBefore?: string;
}

@ApiSchema({ description: 'The file of exported users.' })
export class UsersExportResult {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Users in the file.', example: 2 })
  readonly rows!: number;

  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Size of the file in bytes.', example: 420 })
  readonly bytes!: number;

  @OneOf(exportFormats, { name: 'ExportFormat', description: 'The format of the file.', example: 'csv' })
  readonly format!: ExportFormat;
}

/** Writes live users into a file, a batch at a time: all of them as they were at one moment. */
@Injectable()
@JobHandler({
  type: 'users.export',
  description: 'Writes live users into a CSV or NDJSON file, the artifact of the job.',
  payload: UsersExportPayload,
  result: UsersExportResult,
  permission: 'users:export',
  queue: 'heavy',
  files: Object.values(usersFiles).map(({ mediaType }) => mediaType),
})
export class UsersExportJob implements JobHandler<UsersExportPayload, UsersExportResult, UsersExportResult> {
  constructor(
    private readonly users: UsersSnapshotRepository,
    private readonly artifacts: ArtifactsService,
  ) {}

  async prepare(payload: UsersExportPayload, context: JobContext): Promise<UsersExportResult> {
    const { format, email, role, status, createdAfter, createdBefore } = payload;
    const { mediaType } = usersFiles[format];
    const filename = `users-${new Date().toISOString().slice(0, 10)}.${format}`;
    const emailPrefix = email === undefined ? undefined : normalizedEmail(email);
    const filter = { emailPrefix, role, status, createdAfter, createdBefore };
    const artifact = await this.artifacts.begin(context, { filename, mediaType });
    return await this.write(filter, format, artifact, context);
  }

  /** The file counts as soon as the job has succeeded; there is nothing else to write. */
  async run(_: UsersExportPayload, __: JobContext, result: UsersExportResult): Promise<UsersExportResult> {
    return await Promise.resolve(result);
  }

  private async write(
    filter: Omit<UserFilter, 'sort'>,
    format: ExportFormat,
    artifact: ArtifactWriter,
    { signal, progress }: JobContext,
  ): Promise<UsersExportResult> {
    const { head, line } = usersFiles[format];
    let total = 0;
    let rows = 0;
    let lines = '';
    await artifact.append(head);
    await this.users.read(filter, {
      begin: (count) => {
        progress(0, (total = count));
      },
      take: (user) => {
        lines += line(user);
        rows += 1;
      },
      pause: async () => {
        signal.throwIfAborted();
        await artifact.append(lines);
        lines = '';
        progress(rows, total);
      },
    });
    return { rows, bytes: await artifact.finish(), format };
  }
}
