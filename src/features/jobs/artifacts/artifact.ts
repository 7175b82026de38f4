/** An attempt of a job; a JobContext is one. */
export interface ArtifactAttempt {
  readonly jobId: string;
  readonly lease: string;
}

/** Name and media type of an artifact. */
export interface ArtifactFile {
  readonly filename: string;
  readonly mediaType: string;
}

/** A complete artifact, without its content. */
export interface ArtifactMeta extends ArtifactFile {
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** The most bytes of one row. */
export const chunkBytes = 256 * 1024;
