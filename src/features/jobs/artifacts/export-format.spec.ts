import { describe, expect, it } from '@jest/globals';
import { csvLine } from './export-format.ts';

describe('csvLine', () => {
  it('ends with CR LF and does not quote plain cells', () => {
    expect(csvLine(['a', '', 'Zoë 🎉', 'two words'])).toBe('a,,Zoë 🎉,two words\r\n');
  });

  it.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'say "x"', '"say ""x"""'],
    ['a line feed', 'a\nb', '"a\nb"'],
    ['a carriage return', 'a\rb', '"a\rb"'],
  ])('quotes a cell with %s', (_, cell, expected) => {
    expect(csvLine([cell])).toBe(`${expected}\r\n`);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '－1'])('escapes the formula %j', (cell) => {
    expect(csvLine([cell])).toBe(`'${cell}\r\n`);
  });

  it.each(['a;=1+1', '\t=1'])('quotes %j, which other locales would split into two cells', (cell) => {
    expect(csvLine([cell])).toMatch(/^"'?[^"]*"\r\n$/);
  });

  it('quotes escaped formulas', () => {
    expect(csvLine(['=HYPERLINK("x","y")'])).toBe(`"'=HYPERLINK(""x"",""y"")"\r\n`);
    expect(csvLine(['\r=1', '\n=1'])).toBe(`"'\r=1","'\n=1"\r\n`);
  });

  it('does not escape signs inside a cell', () => {
    expect(csvLine(['a=b', 'x-y', 'ada@example.com'])).toBe('a=b,x-y,ada@example.com\r\n');
  });
});
