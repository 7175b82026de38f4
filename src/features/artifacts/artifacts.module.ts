import { Module } from '@nestjs/common';
import { ArtifactsRepository } from './artifacts.repository.ts';
import { ArtifactsService } from './artifacts.service.ts';

/** Files that jobs make. */
@Module({
  providers: [ArtifactsRepository, ArtifactsService],
  exports: [ArtifactsService],
})
export class ArtifactsModule {}
