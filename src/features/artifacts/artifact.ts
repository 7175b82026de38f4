/** An attempt of a job, as its handler knows it. */
export interface ArtifactAttempt {
  readonly jobId: string;
  readonly lease: string;
}

/** What a file is called and what it holds. */
export interface ArtifactFile {
  readonly filename: string;
  readonly mediaType: string;
}

/** A finished file. */
export interface ArtifactMeta extends ArtifactFile {
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** The most that one row holds, in bytes. */
export const chunkBytes = 256 * 1024;
