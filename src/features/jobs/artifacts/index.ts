export { ArtifactsModule } from './artifacts.module.ts';
export { ArtifactsService } from './artifacts.service.ts';
export type { ArtifactWriter, OpenArtifact } from './artifacts.service.ts';
export type { ExportFormat } from './export-format.ts';
export { exportFormats, exportMediaTypes } from './export-format.ts';
export { RecordExports } from './record-exports.ts';
export type { RecordStatements, Snapshot } from './snapshots.repository.ts';
export { isoTime, SnapshotsRepository } from './snapshots.repository.ts';
