import type { ArtifactsRepository } from './artifacts.repository.ts';
import { chunkBytes } from './artifacts.repository.ts';

/** Writes one artifact in chunks of 256 KiB; buffers at most one of them. */
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

  /**
   * Appends text of any length, as UTF-8.
   * @throws when the attempt has ended, which discards the artifact
   */
  async append(text: string): Promise<void> {
    for (let rest = text; rest !== '';) {
      const { read, written } = this.encoder.encodeInto(rest, this.buffer.subarray(this.filled));
      this.filled += written;
      rest = rest.slice(read);
      if (rest !== '') await this.flush();
    }
  }

  /** Writes the rest and returns the size in bytes. */
  async finish(): Promise<number> {
    if (this.filled > 0) await this.flush();
    if (!(await this.artifacts.setSize(this.id, this.size))) throw discarded();
    return this.size;
  }

  private async flush(): Promise<void> {
    const data = this.buffer.subarray(0, this.filled);
    if (!(await this.artifacts.insertChunk(this.id, this.chunks, data))) throw discarded();
    this.chunks += 1;
    this.size += this.filled;
    this.filled = 0;
  }
}

function discarded(): Error {
  return new Error('The attempt that writes this artifact has ended');
}
