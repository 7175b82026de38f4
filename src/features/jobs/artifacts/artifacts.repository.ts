import { Injectable } from '@nestjs/common';
import { InternalPool } from '../../../platform/database/internal-pool.ts';
import type { PoolShare } from '../../../platform/database/shared-pool.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

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

/**
 * The tables of artifacts and their chunks. Chunks bypass Prisma, which encodes bytes as text: a large file would
 * increase the memory of the process by hundreds of megabytes.
 */
@Injectable()
export class ArtifactsRepository {
  private readonly chunks: PoolShare;

  constructor(
    private readonly db: Transactions,
    internal: InternalPool,
  ) {
    this.chunks = internal.pooled.share(2);
  }

  /** Discards the job's current artifact, as the trigger on jobs does. */
  async discardOf(jobId: string): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE artifacts SET discarded_at = now(), expires_at = least(expires_at, now())
      WHERE job_id = ${jobId}::uuid AND discarded_at IS NULL`;
  }

  /** Locks the job's row until the transaction ends. Returns false when the attempt has lost its lease. */
  async lockAttempt({ jobId, lease }: ArtifactAttempt): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM jobs WHERE id = ${jobId}::uuid AND lease = ${lease}::uuid FOR NO KEY UPDATE`;
    return rows.length === 1;
  }

  async insert(id: string, jobId: string, { filename, mediaType }: ArtifactFile): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO artifacts (id, job_id, filename, media_type, size, expires_at)
      VALUES (${id}::uuid, ${jobId}::uuid, ${filename}, ${mediaType}, 0, now() + interval '7 days')`;
  }

  /** Returns false when the artifact was discarded, because its attempt has ended. */
  async insertChunk(id: string, seq: number, data: Uint8Array): Promise<boolean> {
    const { rowCount } = await this.chunks.query({
      text: `INSERT INTO artifact_chunks (artifact_id, seq, data)
       SELECT id, $2, $3 FROM artifacts WHERE id = $1 AND discarded_at IS NULL`,
      values: [id, seq, data],
    });
    return rowCount === 1;
  }

  /** Returns false when the artifact was discarded. */
  async setSize(id: string, size: number): Promise<boolean> {
    const count = await this.db.tx.$executeRaw`
      UPDATE artifacts SET size = ${size}, expires_at = now() + interval '7 days'
      WHERE id = ${id}::uuid AND discarded_at IS NULL`;
    return count === 1;
  }

  /** Returns the artifact of a job that has succeeded, unless it has expired. */
  async findReadable(jobId: string): Promise<ArtifactMeta | undefined> {
    const [artifact] = await this.db.tx.$queryRaw<(Omit<ArtifactMeta, 'size'> & { size: bigint })[]>`
      SELECT a.id, a.filename, a.media_type AS "mediaType", a.size, a.created_at AS "createdAt",
        a.expires_at AS "expiresAt"
      FROM artifacts a JOIN jobs j ON j.id = a.job_id
      WHERE a.job_id = ${jobId}::uuid AND a.discarded_at IS NULL AND j.state = 'succeeded' AND a.expires_at > now()`;
    return artifact && { ...artifact, size: Number(artifact.size) };
  }

  async hasExpired(jobId: string): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM artifacts WHERE job_id = ${jobId}::uuid AND discarded_at IS NULL AND expires_at <= now()`;
    return rows.length === 1;
  }

  /** Returns one chunk of an artifact; `seq` counts from 0. */
  async findChunk(id: string, seq: number): Promise<Uint8Array | undefined> {
    const { rows } = await this.chunks.query<{ data: Buffer }>({
      text: 'SELECT data FROM artifact_chunks WHERE artifact_id = $1 AND seq = $2',
      values: [id, seq],
    });
    return rows[0]?.data;
  }
}
