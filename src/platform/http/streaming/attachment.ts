import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/** A file that is streamed in chunks. */
export interface AttachedFile {
  readonly filename: string;
  readonly mediaType: string;
  /** The total size of the chunks, in bytes. */
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A response that browsers save as a file. The next chunk is read when the client has received the last one. */
export function attachment({ filename, mediaType, size, chunks }: AttachedFile): StreamableFile {
  return new StreamableFile(Readable.from(chunks, { objectMode: false, highWaterMark: 1 }), {
    type: mediaType,
    length: size,
    disposition: attachmentDisposition(filename),
  });
}

/**
 * The Content-Disposition `attachment` with an escaped file name (RFC 6266): in ASCII, and additionally in UTF-8 (RFC
 * 8187) when the name contains other characters.
 */
export function attachmentDisposition(filename: string): string {
  const name = filename.toWellFormed();
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\/%]/gu, '_');
  const quoted = `attachment; filename="${plain}"`;
  return plain === name ? quoted : `${quoted}; filename*=UTF-8''${extended(name)}`;
}

/** Percent-encodes everything but attr-char (RFC 8187 §3.2.1); encodeURIComponent does not encode four of them. */
function extended(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
