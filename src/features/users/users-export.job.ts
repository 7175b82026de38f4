import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { JobHandler } from '../../platform/queue/job-handler.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { DateTimeField, StringField, IntegerField } from '../../platform/validation/fields.ts';
import type { ArtifactWriter } from '../jobs/artifacts/index.ts';
import { ArtifactsService } from '../jobs/artifacts/index.ts';
import type { UserFilter, UserStatus } from './user.ts';
import { userStatusChoice, userStatuses } from './user.ts';
import type { ExportFormat } from './export-format.ts';
import { exportFormats, exportFormatWriters } from './export-format.ts';
import { UsersSnapshotRepository } from './users-snapshot.repository.ts';

@ApiSchema({ description: 'The filters of the exported users, as in the list of users, and the format of the file.' })
export class UsersExportPayload {
  @EnumField(exportFormats, { name: 'ExportFormat', description: 'The format of the file.', example: 'csv' })
  readonly format!: ExportFormat;

  @StringField({ min: 1, max: 254, optional: true, description: 'Beginning of the email address.', example: 'ada@' })
  readonly email?: string;

  @StringField({ min: 1, max: 32, optional: true, description: 'Only users with this role.', example: 'admin' })
  readonly role?: string;

  @EnumField(userStatuses, { ...userStatusChoice, optional: true, description: 'Only users with this status.' })
  readonly status?: UserStatus;

  @DateTimeField({ optional: true, description: 'Only users created after this time.' })
  readonly createdAfter?: string;

  @DateTimeField({ optional: true, description: 'Only users created before this time.' })
  readonly createdBefore?: string;
}

@ApiSchema({ description: 'The file of exported users.' })
export class UsersExportResult {
  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Users in the file.', example: 2 })
  readonly rows!: number;

  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Size of the file in bytes.', example: 420 })
  readonly bytes!: number;

  @EnumField(exportFormats, { name: 'ExportFormat', description: 'The format of the file.', example: 'csv' })
  readonly format!: ExportFormat;
}

/** Writes users that are not deleted into a file, in batches from one snapshot. */
@Injectable()
@JobHandler({
  type: 'users.export',
  description: 'Writes users that are not deleted into a CSV or NDJSON file, the artifact of the job.',
  payload: UsersExportPayload,
  result: UsersExportResult,
  requiresRecentAuthentication: true,
  permission: 'users:export',
  queue: 'heavy',
  files: Object.values(exportFormatWriters).map(({ mediaType }) => mediaType),
})
export class UsersExportJob implements JobHandler<UsersExportPayload, UsersExportResult, UsersExportResult> {
  constructor(
    private readonly users: UsersSnapshotRepository,
    private readonly artifacts: ArtifactsService,
  ) {}

  async prepare(payload: UsersExportPayload, context: JobContext): Promise<UsersExportResult> {
    const { format, email, role, status, createdAfter, createdBefore } = payload;
    const { mediaType } = exportFormatWriters[format];
    const filename = `users-${new Date().toISOString().slice(0, 10)}.${format}`;
    const filter = { emailPrefix: email, role, status, createdAfter, createdBefore };
    const artifact = await this.artifacts.begin(context, { filename, mediaType });
    return await this.write(filter, format, artifact, context);
  }

  /** The artifact becomes available when the job succeeds; nothing else is written. */
  async run(_: UsersExportPayload, __: JobContext, result: UsersExportResult): Promise<UsersExportResult> {
    return await Promise.resolve(result);
  }

  private async write(
    filter: Omit<UserFilter, 'sort'>,
    format: ExportFormat,
    artifact: ArtifactWriter,
    { signal, progress }: JobContext,
  ): Promise<UsersExportResult> {
    const { header, row } = exportFormatWriters[format];
    let total = 0;
    let rows = 0;
    let lines = '';
    await artifact.append(header);
    await this.users.read(filter, {
      onStart: (count) => {
        progress(0, (total = count));
      },
      onRow: (user) => {
        lines += row(user);
        rows += 1;
      },
      onBatch: async () => {
        signal.throwIfAborted();
        await artifact.append(lines);
        lines = '';
        progress(rows, total);
      },
    });
    return { rows, bytes: await artifact.finish(), format };
  }
}
