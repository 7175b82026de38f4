import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { ArtifactWriter } from './artifact-writer.ts';
import type { ArtifactAttempt, ArtifactFile, ArtifactMeta } from './artifacts.repository.ts';
import { ArtifactsRepository } from './artifacts.repository.ts';

export type { ArtifactWriter };

/** A complete artifact and its content. */
export interface OpenArtifact extends ArtifactMeta {
  /** Reads each chunk when it is requested; throws when the artifact is deleted in the meantime. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Stores artifacts for 7 days. An artifact becomes readable when its job succeeds. */
@Injectable()
export class ArtifactsService {
  constructor(private readonly artifacts: ArtifactsRepository) {}

  /**
   * Begins the artifact of a running attempt, and discards the one that it has begun before. Call it in `prepare`: each
   * write is a short transaction. When the attempt ends without success, the database discards the artifact and rejects
   * further writes.
   * @throws when the attempt has lost its lease
   */
  @Transactional()
  async begin(attempt: ArtifactAttempt, file: ArtifactFile): Promise<ArtifactWriter> {
    if (!(await this.artifacts.lockAttempt(attempt))) throw new Error('The attempt has lost its lease');
    await this.artifacts.discardOf(attempt.jobId);
    const id = uuidv7();
    await this.artifacts.insert(id, attempt.jobId, file);
    return new ArtifactWriter(this.artifacts, id);
  }

  /** Opens the artifact of a job that has succeeded; returns undefined when it has none, or it has expired. */
  async open(jobId: string): Promise<OpenArtifact | undefined> {
    const meta = await this.artifacts.findReadable(jobId);
    return meta && { ...meta, chunks: this.chunksOf(meta) };
  }

  /** Whether the job's artifact has expired; false once the retention cleanup has deleted it. */
  async hasExpired(jobId: string): Promise<boolean> {
    return await this.artifacts.hasExpired(jobId);
  }

  private async *chunksOf({ id, size }: ArtifactMeta): AsyncGenerator<Uint8Array> {
    for (let seq = 0, remaining = size; remaining > 0; seq += 1) {
      const chunk = await this.artifacts.findChunk(id, seq);
      if (chunk === undefined) throw new Error('The artifact was deleted while it was read');
      remaining -= chunk.byteLength;
      yield chunk;
    }
  }
}
