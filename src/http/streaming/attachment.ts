import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/** A file whose bytes come one by one. */
export interface AttachedFile {
  readonly filename: string;
  readonly mediaType: string;
  /** In bytes: exactly what the chunks add up to. */
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A reply that a browser saves as a file; the next chunk is asked for when the client has taken the last. */
export function attachment({ filename, mediaType, size, chunks }: AttachedFile): StreamableFile {
  return new StreamableFile(Readable.from(chunks, { objectMode: false, highWaterMark: 1 }), {
    type: mediaType,
    length: size,
    disposition: attachmentDisposition(filename),
  });
}

/**
 * `attachment` with a name that nothing breaks out of (RFC 6266): a quoted one for old clients and, when that had to
 * give way, the real one in UTF-8 (RFC 8187).
 */
export function attachmentDisposition(filename: string): string {
  const name = filename.toWellFormed();
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\/%]/gu, '_');
  const quoted = `attachment; filename="${plain}"`;
  return plain === name ? quoted : `${quoted}; filename*=UTF-8''${extended(name)}`;
}

/** Everything but attr-char (RFC 8187 §3.2.1) as percent-escapes; encodeURIComponent leaves four more. */
function extended(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
