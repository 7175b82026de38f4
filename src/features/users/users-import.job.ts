import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Transactional } from '@nestjs-cls/transactional';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { internal, JobHandler } from '../../platform/queue/job-handler.ts';
import { JobQueue } from '../../platform/queue/job-queue.ts';
import { NonRetryableError } from '../../platform/queue/queue-errors.ts';
import { BooleanField, IntegerField, UuidField } from '../../platform/validation/fields.ts';
import { AuditService } from '../audit/index.ts';
import { ArtifactsService, csvLine, exportMediaTypes } from '../jobs/artifacts/index.ts';
import type { ReadChunk, ReportLine } from './users-import-rows.ts';
import { ImportRules, UsersImportRows } from './users-import-rows.ts';
import type { ImportCounts, PendingChunk } from './users-import.repository.ts';
import { UsersImportRepository } from './users-import.repository.ts';
import { UsersInviteJob } from './users-invite.job.ts';
import { UsersRepository } from './users.repository.ts';

export const importType = 'users.import';

/** The columns that a file may have; `email` is required. */
export const importColumns: readonly string[] = ['email', 'displayName', 'locale', 'timezone', 'roles'];

const permission = 'users:import';
/** Chunks whose reports are in memory at the same time. */
const reportsPerRead = 5;

const taken = { code: 'is_unique', detail: 'email belongs to another user' };

@ApiSchema({ description: 'The stored file of an import, and whether the users are invited.' })
export class UsersImportPayload {
  @UuidField({ description: 'Identifies the stored file.' })
  readonly importId!: string;

  @BooleanField({ description: 'Whether every user who is created receives an invitation.', example: false })
  readonly invite!: boolean;
}

const rows = (which: string): PropertyDecorator =>
  IntegerField({ min: 0, max: 1_000_000, description: `Rows ${which}.`, example: 0 });

@ApiSchema({ description: 'What the rows of a file became. The artifact has a line for each that created no user.' })
export class UsersImportResult implements ImportCounts {
  @rows('that created a user')
  readonly created!: number;

  @rows('whose email address belonged to a user')
  readonly skipped!: number;

  @rows('that are invalid')
  readonly failed!: number;

  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Size of the report in bytes.', example: 25 })
  readonly bytes!: number;
}

/**
 * Creates the users of a stored file. Each chunk is one transaction that creates its users and replaces the chunk by its
 * report: an attempt that ends early loses no chunk, and the next one continues behind it.
 */
@Injectable()
@JobHandler({
  type: importType,
  description: 'Creates the users of a CSV file (POST /v1/users/import); the artifact of the job is a report in CSV.',
  payload: UsersImportPayload,
  result: UsersImportResult,
  permission: internal,
  ownerPermission: permission,
  requiresRecentAuthentication: true,
  queue: 'heavy',
  files: [exportMediaTypes.csv],
})
export class UsersImportJob implements JobHandler<UsersImportPayload, UsersImportResult, number> {
  constructor(
    private readonly imports: UsersImportRepository,
    private readonly users: UsersRepository,
    private readonly rules: ImportRules,
    private readonly rows: UsersImportRows,
    private readonly artifacts: ArtifactsService,
    private readonly queue: JobQueue,
    private readonly audit: AuditService,
  ) {}

  /**
   * Returns the size of the report.
   * @throws NonRetryableError when the file is deleted, or the owner may not import users any more
   */
  async prepare({ importId, invite }: UsersImportPayload, context: JobContext): Promise<number> {
    const stored = await this.imports.find(importId, context.jobId);
    if (stored === undefined) throw new NonRetryableError('The uploaded file was deleted: send it again');
    let { processedRows } = stored;
    context.progress(processedRows, stored.rows);
    for (let chunk; (chunk = await this.imports.findPending(importId)) !== undefined;) {
      const read = await this.rows.read(chunk, stored.columns, await this.permissionsOfOwner(context));
      context.signal.throwIfAborted();
      await this.store(chunk, read, { context, invite });
      context.progress((processedRows += chunk.rows), stored.rows);
    }
    return await this.writeReport(importId, context);
  }

  async run({ importId }: UsersImportPayload, _: JobContext, bytes: number): Promise<UsersImportResult> {
    const counts = await this.imports.counts(importId);
    await this.imports.delete(importId);
    return { ...counts, bytes };
  }

  /** Checked for each chunk: the owner may have lost the permission since the upload. */
  private async permissionsOfOwner({ ownerId }: JobContext): Promise<readonly string[]> {
    const owner = ownerId === null ? undefined : await this.users.findById(ownerId);
    const permissions = owner?.disabledAt === null ? this.rules.permissionsOf(owner.roles) : [];
    if (!permissions.includes(permission))
      throw new NonRetryableError('The owner of the job may not import users any more');
    return permissions;
  }

  /** Creates the users of a chunk, and replaces it by its report. */
  @Transactional()
  private async store(
    { importId, seq }: PendingChunk,
    { users, report, failed }: ReadChunk,
    { context, invite }: { readonly context: JobContext; readonly invite: boolean },
  ): Promise<void> {
    const details = context.ownerId === null ? {} : { actorId: context.ownerId };
    const { created } = await this.audit.recordEach(
      'user_created',
      details,
      async (row) => await this.imports.insertUsers(users, row),
    );
    const skipped = users.filter(({ id }) => !created.has(id));
    const lines = [...report, ...skipped.map(({ line, email }) => ({ line, email, ...taken }))];
    await this.imports.replace(importId, seq, {
      report: lines
        .sort((a, b) => a.line - b.line)
        .map(reportLine)
        .join(''),
      counts: { created: created.size, skipped: skipped.length, failed },
    });
    if (invite)
      await this.queue.enqueueAll(
        UsersInviteJob,
        [...created].map((userId) => ({ userId })),
      );
    context.fenceTransaction();
  }

  private async writeReport(importId: string, context: JobContext): Promise<number> {
    const filename = `users-import-${new Date().toISOString().slice(0, 10)}.csv`;
    const artifact = await this.artifacts.begin(context, { filename, mediaType: exportMediaTypes.csv });
    await artifact.append(csvLine(['line', 'email', 'code', 'detail']));
    let reports;
    let after = 0;
    do {
      context.signal.throwIfAborted();
      reports = await this.imports.findReports(importId, after, reportsPerRead);
      for (const { seq, report } of reports) {
        await artifact.append(report);
        after = seq;
      }
    } while (reports.length > 0);
    return await artifact.finish();
  }
}

/** PostgreSQL stores no U+0000. */
function reportLine({ line, email, code, detail }: ReportLine): string {
  return csvLine([String(line), email.slice(0, 254), code, detail]).replaceAll('\0', '');
}
