import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { FeatureRegistry } from '../../platform/feature/feature-registry.ts';
import type { JobContext } from '../../platform/queue/job-handler.ts';
import { anyUser, JobHandler } from '../../platform/queue/job-handler.ts';
import { NonRetryableError } from '../../platform/queue/queue-errors.ts';
import { IntegerField } from '../../platform/validation/fields.ts';
import type { ArtifactWriter, Snapshot } from '../jobs/artifacts/index.ts';
import { ArtifactsService, SnapshotsRepository } from '../jobs/artifacts/index.ts';

@ApiSchema({ description: 'Nothing: a user exports the own account.' })
export class AccountExportPayload {}

@ApiSchema({ description: 'The file of an account.' })
export class AccountExportResult {
  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Entries of all lists in the file.', example: 12 })
  readonly rows!: number;

  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Size of the file in bytes.', example: 4200 })
  readonly bytes!: number;
}

/** Writes what the service stores about the owner of the job into a file, in batches from one snapshot. */
@Injectable()
@JobHandler({
  type: 'account.export',
  description: 'Writes what is stored about the caller into a JSON file, the artifact of the job.',
  payload: AccountExportPayload,
  result: AccountExportResult,
  permission: anyUser,
  requiresRecentAuthentication: true,
  queue: 'heavy',
  files: ['application/json'],
})
export class AccountExportJob implements JobHandler<AccountExportPayload, AccountExportResult, AccountExportResult> {
  constructor(
    private readonly features: FeatureRegistry,
    private readonly snapshots: SnapshotsRepository,
    private readonly artifacts: ArtifactsService,
  ) {}

  /** @throws NonRetryableError when the job has no owner */
  async prepare(_payload: AccountExportPayload, context: JobContext): Promise<AccountExportResult> {
    const { ownerId } = context;
    if (ownerId === null) throw new NonRetryableError('The job has no owner whose account could be exported');
    const exportedAt = new Date().toISOString();
    const filename = `account-${exportedAt.slice(0, 10)}.json`;
    const artifact = await this.artifacts.begin(context, { filename, mediaType: 'application/json' });
    let rows = 0;
    await artifact.append(`{"exportedAt":"${exportedAt}"`);
    await this.snapshots.open(async (snapshot) => {
      for (const [name, text] of this.features.accountExport) {
        const list = { name, text, values: [ownerId] };
        rows += await writeList(list, { snapshot, artifact, signal: context.signal });
        context.progress(rows);
      }
    });
    await artifact.append('\n}\n');
    return { rows, bytes: await artifact.finish() };
  }

  /** The artifact becomes available when the job succeeds; nothing else is written. */
  async run(_: AccountExportPayload, __: JobContext, result: AccountExportResult): Promise<AccountExportResult> {
    return await Promise.resolve(result);
  }
}

/** A member of the file and the statement that reads its entries. */
interface ExportedList {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

interface ExportTarget {
  readonly snapshot: Snapshot;
  readonly artifact: ArtifactWriter;
  readonly signal: AbortSignal;
}

/** Writes one list and returns the number of its entries. */
async function writeList(
  { name, ...statement }: ExportedList,
  { snapshot, artifact, signal }: ExportTarget,
): Promise<number> {
  let count = 0;
  let entries = `,\n${JSON.stringify(name)}:[`;
  await snapshot.read(statement, {
    onRow: (row) => {
      entries += `${count === 0 ? '' : ','}\n${JSON.stringify(row)}`;
      count += 1;
    },
    onBatch: async () => {
      signal.throwIfAborted();
      await artifact.append(entries);
      entries = '';
    },
  });
  await artifact.append(']');
  return count;
}
