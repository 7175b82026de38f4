import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { ArtifactsRepository } from './artifacts.repository.ts';
import { ArtifactsService } from './artifacts.service.ts';
import { RecordExports } from './record-exports.ts';
import { SnapshotsRepository } from './snapshots.repository.ts';

/** Artifacts: files that jobs produce. */
@Module({
  imports: [
    Feature.declare({
      retention: [
        {
          // Newest first: older artifacts, whose rows stay for a while, have no chunks left.
          name: 'artifactChunks',
          statement: `DELETE FROM artifact_chunks WHERE (artifact_id, seq) IN (
            SELECT c.artifact_id, c.seq FROM artifacts a JOIN artifact_chunks c ON c.artifact_id = a.id
            WHERE a.expires_at <= now() ORDER BY a.expires_at DESC LIMIT $1 FOR UPDATE OF c SKIP LOCKED
          )`,
        },
        { table: 'artifacts', expired: 'discarded_at IS NOT NULL', orderBy: 'discarded_at' },
        // Until then the API responds 410 instead of 404.
        { table: 'artifacts', expired: "expires_at <= now() - interval '30 days'", orderBy: 'expires_at' },
      ],
    }),
  ],
  providers: [ArtifactsRepository, ArtifactsService, RecordExports, SnapshotsRepository],
  exports: [ArtifactsService, RecordExports, SnapshotsRepository],
})
export class ArtifactsModule {}
