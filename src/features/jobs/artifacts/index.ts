export { ArtifactsModule } from './artifacts.module.ts';
export { ArtifactsService } from './artifacts.service.ts';
export type { ArtifactWriter, OpenArtifact } from './artifacts.service.ts';
export type { ExportFormat } from './export-format.ts';
export { csvLine, ExportFormatField, exportMediaTypes } from './export-format.ts';
export { RecordExportResult, RecordExports } from './record-exports.ts';
export type { RecordStatements, Snapshot } from './snapshots.repository.ts';
export { isoTime, SnapshotsRepository } from './snapshots.repository.ts';
