export { ArtifactsModule } from './artifacts.module.ts';
export { ArtifactsService } from './artifacts.service.ts';
export type { ArtifactWriter, OpenArtifact } from './artifacts.service.ts';
