import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { ArtifactAttempt, ArtifactFile, ArtifactMeta } from './artifact.ts';
import { ArtifactWriter } from './artifact-writer.ts';
import { ArtifactsRepository } from './artifacts.repository.ts';

export type { ArtifactWriter };

/** A finished file and its bytes. */
export interface OpenArtifact extends ArtifactMeta {
  /** One query for each chunk, when it is asked for; throws when the file vanishes meanwhile. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Files that jobs make, kept for 7 days. A file counts once its job has succeeded, and at no time before. */
@Injectable()
export class ArtifactsService {
  constructor(private readonly artifacts: ArtifactsRepository) {}

  /**
   * Begins the file of a job's running attempt, in place of one that it has begun before. Meant for `prepare`: its writes
   * are short statements of their own. When the attempt ends without success, the database discards the file, and takes no
   * more of it.
   * @throws when the attempt is not the one that runs: it has lost its lease
   */
  @Transactional()
  async begin(attempt: ArtifactAttempt, file: ArtifactFile): Promise<ArtifactWriter> {
    if (!(await this.artifacts.lockAttempt(attempt))) throw new Error('Another attempt runs this job by now');
    await this.artifacts.discardOf(attempt.jobId);
    const id = uuidv7();
    await this.artifacts.insert(id, attempt.jobId, file);
    return new ArtifactWriter(this.artifacts, id);
  }

  /** The file of a job that has succeeded; undefined when there is none, or not any more. */
  async open(jobId: string): Promise<OpenArtifact | undefined> {
    const meta = await this.artifacts.findReadable(jobId);
    return meta && { ...meta, chunks: this.chunksOf(meta) };
  }

  /** Whether the job made a file whose time is over, as long as anybody remembers. */
  async hasExpired(jobId: string): Promise<boolean> {
    return await this.artifacts.hasExpired(jobId);
  }

  private async *chunksOf({ id, size }: ArtifactMeta): AsyncGenerator<Uint8Array> {
    for (let seq = 0, left = size; left > 0; seq += 1) {
      const chunk = await this.artifacts.findChunk(id, seq);
      if (chunk === undefined) throw new Error('The artifact was removed while it was read');
      left -= chunk.byteLength;
      yield chunk;
    }
  }
}
