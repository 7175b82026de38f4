import { readFileSync } from 'node:fs';

/** A file that can't be read as text. The message completes its name: why, and in which line where that is known. */
export class UnreadableFile extends Error {
  constructor(
    message: string,
    /** The system's error code, when there is one. */
    readonly code?: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

/**
 * Reads UTF-8 with or without a byte order mark, as editors of every system write it; lines end with \n afterwards.
 * @throws UnreadableFile
 */
export function readText(path: string): string {
  return decode(bytesOf(path)).replaceAll(/\r\n?/g, '\n');
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UnreadableFile(`can't be read (${code})`, code);
  }
}

function decode(bytes: Buffer): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 || bytes.includes(0)) throw new UnreadableFile('is UTF-16 or binary: save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const [valid = ''] = new TextDecoder().decode(bytes).split('�');
    throw new UnreadableFile('is not UTF-8', undefined, valid.split(/\r\n?|\n/).length);
  }
}
