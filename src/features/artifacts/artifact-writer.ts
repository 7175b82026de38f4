import { chunkBytes } from './artifact.ts';
import type { ArtifactsRepository } from './artifacts.repository.ts';

/** Writes one artifact from its first byte to its last, in chunks of 256 KiB; holds no more than one of them. */
export class ArtifactWriter {
  private readonly buffer = new Uint8Array(chunkBytes);
  private readonly encoder = new TextEncoder();
  private filled = 0;
  private chunks = 0;
  private size = 0;

  constructor(
    private readonly artifacts: ArtifactsRepository,
    private readonly id: string,
  ) {}

  /** Takes the next piece of text (UTF-8), however long. Throws when a later attempt has replaced this artifact. */
  async append(text: string): Promise<void> {
    for (let rest = text; rest !== '';) {
      const { read, written } = this.encoder.encodeInto(rest, this.buffer.subarray(this.filled));
      this.filled += written;
      rest = rest.slice(read);
      if (rest !== '') await this.flush();
    }
  }

  /** Writes the rest. Returns the size in bytes. */
  async finish(): Promise<number> {
    if (this.filled > 0) await this.flush();
    if (!(await this.artifacts.setSize(this.id, this.size))) throw new Error('Another attempt writes this artifact');
    return this.size;
  }

  /** Removes what has been written, if it can: for an attempt that fails. */
  async discard(): Promise<void> {
    try {
      await this.artifacts.remove(this.id);
    } catch {
      // The next attempt replaces it, or it expires; why this one has failed is worth more.
    }
  }

  private async flush(): Promise<void> {
    await this.artifacts.insertChunk(this.id, this.chunks, this.buffer.subarray(0, this.filled));
    this.chunks += 1;
    this.size += this.filled;
    this.filled = 0;
  }
}
