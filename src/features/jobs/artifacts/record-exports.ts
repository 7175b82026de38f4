import { Injectable } from '@nestjs/common';
import type { JobContext } from '../../../platform/queue/job-handler.ts';
import { IntegerField } from '../../../platform/validation/fields.ts';
import type { ArtifactWriter } from './artifacts.service.ts';
import { ArtifactsService } from './artifacts.service.ts';
import type { ExportedRecord, ExportFormat } from './export-format.ts';
import { ExportFormatField, exportMediaTypes, recordFormatter } from './export-format.ts';
import type { RecordStatements } from './snapshots.repository.ts';
import { SnapshotsRepository } from './snapshots.repository.ts';

/** Records to be exported. */
export interface RecordExport<Column extends string> {
  /** Begins the name of the file: `users` for `users-2026-01-31.csv`. */
  readonly name: string;
  readonly format: ExportFormat;
  /** In the order of the file. */
  readonly columns: readonly Column[];
  readonly statements: RecordStatements;
}

/** The result of a job that exports records; extend it to name it. */
export abstract class RecordExportResult {
  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Records in the file.', example: 2 })
  readonly rows!: number;

  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Size of the file in bytes.', example: 420 })
  readonly bytes!: number;

  @ExportFormatField()
  readonly format!: ExportFormat;
}

/** Writes any number of records into the artifact of a job, in batches from one snapshot. */
@Injectable()
export class RecordExports {
  constructor(
    private readonly snapshots: SnapshotsRepository,
    private readonly artifacts: ArtifactsService,
  ) {}

  /**
   * Writes the artifact, which becomes available when the job succeeds. Call it in `prepare`.
   * @throws when the attempt has ended, which discards the artifact
   */
  async write<Column extends string>(records: RecordExport<Column>, context: JobContext): Promise<RecordExportResult> {
    const { name, format } = records;
    const filename = `${name}-${new Date().toISOString().slice(0, 10)}.${format}`;
    const artifact = await this.artifacts.begin(context, { filename, mediaType: exportMediaTypes[format] });
    const rows = await this.copy(records, artifact, context);
    return { rows, bytes: await artifact.finish(), format };
  }

  private async copy<Column extends string>(
    { format, columns, statements }: RecordExport<Column>,
    artifact: ArtifactWriter,
    { signal, progress }: JobContext,
  ): Promise<number> {
    const { header, row } = recordFormatter(format, columns);
    let rows = 0;
    let lines = '';
    await artifact.append(header);
    await this.snapshots.open(async (snapshot) => {
      const total = await snapshot.count(statements.count);
      progress(0, total);
      await snapshot.read<ExportedRecord<Column>>(statements.records, {
        onRow: (record) => {
          lines += row(record);
          rows += 1;
        },
        onBatch: async () => {
          signal.throwIfAborted();
          await artifact.append(lines);
          lines = '';
          progress(rows, total);
        },
      });
    });
    return rows;
  }
}
