import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { JobHandler } from '../../platform/queue/job-handler.ts';
import { NonRetryableError } from '../../platform/queue/queue-errors.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { DateTimeField, StringField, UuidField } from '../../platform/validation/fields.ts';
import type { ExportFormat } from '../jobs/artifacts/index.ts';
import { ExportFormatField, exportMediaTypes, RecordExportResult, RecordExports } from '../jobs/artifacts/index.ts';
import { UserNotFound, UsersService } from '../users/index.ts';
import { auditColumns, auditRecords } from './audit-records.repository.ts';
import { auditFilterFields, outcomes } from './audit-event.ts';

const permission = 'audit:read';

@ApiSchema({ description: 'The filters of the exported events, as in the list of audit events, and the format.' })
export class AuditExportPayload {
  @ExportFormatField()
  readonly format!: ExportFormat;

  @StringField(auditFilterFields.event)
  readonly event?: string;

  @EnumField(outcomes, auditFilterFields.outcome)
  readonly outcome?: (typeof outcomes)[number];

  @UuidField(auditFilterFields.actorId)
  readonly actorId?: string;

  @UuidField(auditFilterFields.subjectId)
  readonly subjectId?: string;

  @DateTimeField(auditFilterFields.since)
  readonly since?: string;

  @DateTimeField(auditFilterFields.until)
  readonly until?: string;
}

@ApiSchema({ description: 'The file of exported audit events.' })
export class AuditExportResult extends RecordExportResult {}

/** Returns the permissions that roles grant. */
export abstract class GrantedPermissions {
  abstract of(roles: readonly string[]): readonly string[];
}

/** Writes audit events into a file, the oldest first, in batches from one snapshot. */
@Injectable()
@JobHandler({
  type: 'audit.export',
  description: 'Writes audit events into a CSV or NDJSON file, the artifact of the job.',
  payload: AuditExportPayload,
  result: AuditExportResult,
  requiresRecentAuthentication: true,
  permission,
  queue: 'heavy',
  files: Object.values(exportMediaTypes),
})
export class AuditExportJob implements JobHandler<AuditExportPayload, AuditExportResult, AuditExportResult> {
  constructor(
    private readonly users: UsersService,
    private readonly granted: GrantedPermissions,
    private readonly exports: RecordExports,
  ) {}

  /** @throws NonRetryableError when the owner of the job does not hold the permission, as a schedule may outlast it */
  async prepare({ format, ...filter }: AuditExportPayload, context: JobContext): Promise<AuditExportResult> {
    if (!(await this.isPermitted(context.ownerId)))
      throw new NonRetryableError(`The owner of the job does not hold ${permission}`);
    const statements = auditRecords(filter);
    return await this.exports.write({ name: 'audit-events', format, columns: auditColumns, statements }, context);
  }

  /** The artifact becomes available when the job succeeds; nothing else is written. */
  async run(_: AuditExportPayload, __: JobContext, result: AuditExportResult): Promise<AuditExportResult> {
    return await Promise.resolve(result);
  }

  private async isPermitted(ownerId: string | null): Promise<boolean> {
    if (ownerId === null) return false;
    try {
      const { disabledAt, roles } = await this.users.get(ownerId);
      return disabledAt === null && this.granted.of(roles).includes(permission);
    } catch (error) {
      if (error instanceof UserNotFound) return false;
      throw error;
    }
  }
}
