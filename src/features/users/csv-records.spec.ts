import { describe, expect, it } from '@jest/globals';
import type { CsvChunk } from './csv-records.ts';
import { csvChunks, csvRecords } from './csv-records.ts';
import { MalformedCsv, TooManyRows } from './users.errors.ts';

/** Divides a file that arrives in pieces of this many bytes. */
async function chunksOf(file: string | Uint8Array, pieceBytes = 65_536): Promise<CsvChunk[]> {
  const bytes = Buffer.from(file);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
  const chunks: CsvChunk[] = [];
  for await (const chunk of csvChunks(pieces())) chunks.push(chunk);
  return chunks;
}

async function recordsOf(file: string, pieceBytes?: number): Promise<unknown[]> {
  return (await chunksOf(file, pieceBytes)).flatMap((chunk) => [...csvRecords(chunk)]);
}

const odd =
  '\ufeffemail,name\r\n' +
  'a@b.c,plain\r\n\r\n' +
  '"a@b.c","two\r\nlines, and a ""quote"""\n' +
  '\n' +
  '"","5"" disk"\n' +
  'stray"quote,x\n' +
  '"closed"text,x\n' +
  'ü,,🎉\r\n' +
  'last,\rone';

describe('A CSV file', () => {
  it.each([1, 2, 3, 7, 65_536])('is read in pieces of %s bytes', async (pieceBytes) => {
    expect(await recordsOf(odd, pieceBytes)).toEqual([
      { line: 1, cells: ['email', 'name'] },
      { line: 2, cells: ['a@b.c', 'plain'] },
      { line: 4, cells: ['a@b.c', 'two\r\nlines, and a "quote"'] },
      { line: 7, cells: ['', '5" disk'] },
      { line: 8, cells: ['stray"quote', 'x'] },
      { line: 9, cells: undefined },
      { line: 10, cells: ['ü', '', '🎉'] },
      { line: 11, cells: ['last', '\rone'] },
    ]);
  });

  it('is divided into its header and chunks of at most 1,000 rows and 256 KiB', async () => {
    const row = `${'x'.repeat(500)}\n`;
    const narrow = await chunksOf(`h\n${'a\n'.repeat(2500)}`);
    const wide = await chunksOf(`h\n${row.repeat(1000)}`);

    expect(narrow.map(({ firstLine, rows }) => [firstLine, rows])).toEqual([
      [1, 1],
      [2, 1000],
      [1002, 1000],
      [2002, 500],
    ]);
    expect(wide.map(({ rows }) => rows)).toEqual([1, 523, 477]);
    expect(wide.every(({ data }) => data.length <= 256 * 1024)).toBe(true);
    expect(Buffer.concat(wide.map(({ data }) => data)).toString()).toBe(`h\n${row.repeat(1000)}`);
  });

  it('has no chunk without rows', async () => {
    expect(await chunksOf('')).toEqual([]);
    expect(await chunksOf('\r\n\n\n')).toEqual([]);
    expect(await chunksOf('h\n\n')).toHaveLength(1);
  });

  it.each([
    ['a quoted cell without an end', 'h\n"a\nb', 'line 2'],
    ['a row of more than 16 KiB', `h\na\n${'x'.repeat(17_000)}`, 'line 3'],
    ['a quote that makes the rest one row', `h\n"a\n${'b\n'.repeat(9000)}`, 'line 2'],
    ['bytes that are not UTF-8', Buffer.from('h\na\xff\n', 'latin1'), 'line 2'],
    ['NUL bytes of UTF-16', Buffer.from('\ufeffh\na\n', 'utf16le'), 'line 1'],
  ])('is rejected with %s', async (_, file, place) => {
    await expect(chunksOf(file)).rejects.toThrow(MalformedCsv);
    await expect(chunksOf(file)).rejects.toThrow(place);
  });

  it('is rejected with more than a million rows', async () => {
    await expect(chunksOf(`h\n${'a\n'.repeat(1_000_001)}`)).rejects.toThrow(TooManyRows);
    expect(await chunksOf(`h\n${'a\n'.repeat(1_000_000)}`)).toHaveLength(1001);
  });
});
