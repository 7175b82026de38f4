import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorsOf, secret } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';
import { readText, UnreadableFile } from './env-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-text-'));
const file = join(folder, 'file');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(bytes: string | Buffer): string {
  writeFileSync(file, bytes);
  return file;
}

describe('A text file', () => {
  it.each([
    ['a byte order mark', '\uFEFFa=1\n'],
    ['line ends of Windows', 'a=1\r\n'],
    ['line ends of old Macs', 'a=1\r'],
  ])('may have %s', (_, text) => {
    expect(readText(written(text))).toBe('a=1\n');
  });

  it.each([
    ['UTF-16, little endian', Buffer.from('\uFEFFa=1', 'utf16le'), undefined],
    ['UTF-16, big endian', Buffer.from('\uFEFFa=1', 'utf16le').swap16(), undefined],
    ['UTF-16 without a mark', Buffer.from('a=1', 'utf16le'), undefined],
    ['Latin-1', Buffer.from('a=1\r\nb=é\n', 'latin1'), 2],
  ])('is rejected when it is %s', (_, bytes, line) => {
    const error: unknown = catchError(() => readText(written(bytes)));

    expect(error).toBeInstanceOf(UnreadableFile);
    expect(error).toMatchObject({ message: expect.stringContaining('UTF-'), line });
  });
});

describe('A secret in a file', () => {
  it('is the same with a byte order mark and any line end', () => {
    for (const text of [`\uFEFF${secret}`, `${secret}\r\n`, `\uFEFF${secret}\n`])
      expect(parseConfig({ APP_SECRET_FILE: written(text) }).service.secret).toBe(secret);
  });

  it.each([
    ['UTF-16', Buffer.from(`\uFEFF${secret}`, 'utf16le'), 'APP_SECRET_FILE: is UTF-16 or binary: save it as UTF-8'],
    ['Latin-1', Buffer.from(`é${secret}`, 'latin1'), 'APP_SECRET_FILE: is not UTF-8'],
  ])('is rejected when it is %s', (_, bytes, problem) => {
    expect(errorsOf({ APP_SECRET_FILE: written(bytes) })).toEqual([problem]);
  });
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
