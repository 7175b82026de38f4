import { isUtf8 } from 'node:buffer';
import { MalformedCsv, TooManyRows } from './users.errors.ts';

/** Whole records of a file, and where they begin. */
export interface CsvChunk {
  /** At most 256 KiB of UTF-8. */
  readonly data: Uint8Array;
  /** The line of the file, from 1. */
  readonly firstLine: number;
  /** At most 1,000; empty lines do not count. */
  readonly rows: number;
}

/** A record of a chunk; `cells` is undefined if text follows a closing quote. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[] | undefined;
}

const chunkBytes = 256 * 1024;
const chunkRows = 1000;
const maxRecordBytes = 16 * 1024;
const maxRows = 1_000_000;

const [quote, comma, lineFeed, carriageReturn] = [0x22, 0x2c, 0x0a, 0x0d];

/** Position in a record. A quote has a meaning at the beginning of a cell and in a quoted cell only. */
type State = 'cell' | 'plain' | 'quoted' | 'closed';

/**
 * Divides a CSV file (RFC 4180, UTF-8, lines that end with CR LF or LF) into chunks of whole records. The first one is
 * the header alone. Buffers one chunk.
 * @throws MalformedCsv, TooManyRows
 */
export async function* csvChunks(file: AsyncIterable<Uint8Array>): AsyncGenerator<CsvChunk> {
  const chunker = new Chunker();
  for await (const piece of file) yield* chunker.push(piece);
  yield* chunker.finish();
}

class Chunker {
  private readonly buffer = Buffer.allocUnsafe(chunkBytes);
  private filled = 0;
  private scanned = 0;
  /** The end of the last complete record. */
  private complete = 0;
  private state: State = 'cell';
  private rows = 0;
  private takenRows = 0;
  private line = 1;
  private firstLine = 1;
  private recordLine = 1;

  *push(piece: Uint8Array): Generator<CsvChunk> {
    for (let rest = piece; rest.length > 0;) {
      const part = rest.subarray(0, this.buffer.length - this.filled);
      this.buffer.set(part, this.filled);
      this.filled += part.length;
      rest = rest.subarray(part.length);
      yield* this.scan();
    }
  }

  *finish(): Generator<CsvChunk> {
    if (this.state === 'quoted') throw new MalformedCsv(`The quoted cell in line ${this.recordLine} has no end.`);
    if (this.filled > this.complete) this.endRecord();
    if (this.rows > 0) yield this.take();
  }

  private *scan(): Generator<CsvChunk> {
    while (this.scanned < this.filled) {
      if (!this.isEndOfRecord()) continue;
      this.endRecord();
      if (this.rows === (this.takenRows === 0 ? 1 : chunkRows)) yield this.take();
    }
    if (this.filled - this.complete > maxRecordBytes)
      throw new MalformedCsv(`The row in line ${this.recordLine} has more than 16 KiB.`);
    if (this.filled < this.buffer.length) return;
    const chunk = this.take();
    // Nothing but empty lines.
    if (chunk.rows > 0) yield chunk;
  }

  /** Reads to the end of a record, or of the buffer. */
  private isEndOfRecord(): boolean {
    const { buffer, filled } = this;
    let { state, scanned } = this;
    let isEnd = false;
    while (scanned < filled && !isEnd) {
      const byte = buffer[scanned];
      scanned += 1;
      if (byte === lineFeed) this.line += 1;
      if (state === 'quoted') {
        if (byte === quote) state = 'closed';
      } else if (byte === quote && state !== 'plain') state = 'quoted';
      else if (byte === comma) state = 'cell';
      else if (byte === lineFeed) isEnd = true;
      else state = 'plain';
    }
    this.state = isEnd ? 'cell' : state;
    this.scanned = scanned;
    return isEnd;
  }

  private endRecord(): void {
    if (!isEmpty(this.buffer.subarray(this.complete, this.scanned))) this.rows += 1;
    this.complete = this.scanned;
    this.recordLine = this.line;
    if (this.takenRows + this.rows > maxRows + 1) throw new TooManyRows(maxRows);
  }

  private take(): CsvChunk {
    const { buffer, complete, firstLine, rows } = this;
    const data = Buffer.from(buffer.subarray(0, complete));
    if (!isUtf8(data)) throw new MalformedCsv(`A row from line ${firstLine} to ${this.recordLine} is not UTF-8.`);
    buffer.copyWithin(0, complete, this.filled);
    this.filled -= complete;
    this.scanned -= complete;
    this.complete = 0;
    this.takenRows += rows;
    this.rows = 0;
    this.firstLine = this.recordLine;
    return { data, firstLine, rows };
  }
}

function isEmpty(record: Uint8Array): boolean {
  return record.every((byte) => byte === lineFeed || byte === carriageReturn);
}

/** The records of a chunk, without empty lines. */
export function* csvRecords({ data, firstLine }: Pick<CsvChunk, 'data' | 'firstLine'>): Generator<CsvRecord> {
  const text = new TextDecoder().decode(data);
  let line = firstLine;
  for (let at = 0; at < text.length;) {
    const { cells, end } = recordAt(text, at);
    if (/[^\r\n]/.test(text.slice(at, end))) yield { line, cells };
    line += text.slice(at, end).split('\n').length - 1;
    at = end;
  }
}

/** A record and the place after its line break. */
function recordAt(text: string, start: number): { readonly cells: string[] | undefined; readonly end: number } {
  const cells: string[] = [];
  let isWellFormed = true;
  for (let at = start; ;) {
    const quoted = text[at] === '"' ? quotedAt(text, at) : { value: '', end: at };
    const end = endOfCell(text, quoted.end);
    const isLast = text[end] !== ',';
    const rest = text.slice(quoted.end, end);
    const plain = isLast ? rest.replace(/\r$/, '') : rest;
    if (quoted.end > at && plain !== '') isWellFormed = false;
    cells.push(quoted.value + plain);
    at = end + 1;
    if (isLast) return { cells: isWellFormed ? cells : undefined, end: Math.min(at, text.length) };
  }
}

/** The value of the quoted cell that begins here, and the place after its closing quote. */
function quotedAt(text: string, start: number): { readonly value: string; readonly end: number } {
  let end = start + 1;
  while (end < text.length && (text[end] !== '"' || text[end + 1] === '"')) end += text[end] === '"' ? 2 : 1;
  return { value: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}

function endOfCell(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n') end += 1;
  return end;
}
