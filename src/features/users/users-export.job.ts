import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { JobHandler } from '../../platform/queue/job-handler.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { DateTimeField, StringField } from '../../platform/validation/fields.ts';
import type { ExportFormat } from '../jobs/artifacts/index.ts';
import { ExportFormatField, exportMediaTypes, RecordExportResult, RecordExports } from '../jobs/artifacts/index.ts';
import type { UserStatus } from './user.ts';
import { userFilterFields, userStatuses } from './user.ts';
import { userRecordColumns, userRecords } from './user-records.repository.ts';

@ApiSchema({ description: 'The filters of the exported users, as in the list of users, and the format of the file.' })
export class UsersExportPayload {
  @ExportFormatField()
  readonly format!: ExportFormat;

  @StringField(userFilterFields.email)
  readonly email?: string;

  @StringField({ min: 1, max: 32, optional: true, description: 'Only users with this role.', example: 'admin' })
  readonly role?: string;

  @EnumField(userStatuses, userFilterFields.status)
  readonly status?: UserStatus;

  @DateTimeField(userFilterFields.createdAfter)
  readonly createdAfter?: string;

  @DateTimeField(userFilterFields.createdBefore)
  readonly createdBefore?: string;
}

@ApiSchema({ description: 'The file of exported users.' })
export class UsersExportResult extends RecordExportResult {}

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
    return await this.exports.write({ name: 'users', format, columns: userRecordColumns, statements }, context);
  }

  /** The artifact becomes available when the job succeeds; nothing else is written. */
  async run(_: UsersExportPayload, __: JobContext, result: UsersExportResult): Promise<UsersExportResult> {
    return await Promise.resolve(result);
  }
}
