import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { JobHandler } from '../../platform/queue/job-handler.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { DateTimeField, StringField, IntegerField } from '../../platform/validation/fields.ts';
import type { ExportFormat } from '../jobs/artifacts/index.ts';
import { exportFormats, exportMediaTypes, RecordExports } from '../jobs/artifacts/index.ts';
import type { UserStatus } from './user.ts';
import { userStatusChoice, userStatuses } from './user.ts';
import { userColumns, userRecords } from './user-records.repository.ts';

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
  files: Object.values(exportMediaTypes),
})
export class UsersExportJob implements JobHandler<UsersExportPayload, UsersExportResult, UsersExportResult> {
  constructor(private readonly exports: RecordExports) {}

  async prepare(payload: UsersExportPayload, context: JobContext): Promise<UsersExportResult> {
    const { format, email, role, status, createdAfter, createdBefore } = payload;
    const statements = userRecords({ emailPrefix: email, role, status, createdAfter, createdBefore });
    return await this.exports.write({ name: 'users', format, columns: userColumns, statements }, context);
  }

  /** The artifact becomes available when the job succeeds; nothing else is written. */
  async run(_: UsersExportPayload, __: JobContext, result: UsersExportResult): Promise<UsersExportResult> {
    return await Promise.resolve(result);
  }
}
