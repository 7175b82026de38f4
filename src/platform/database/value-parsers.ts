import { types } from 'pg';

/** As it is called: the declaration of pg names the types of a part of its numbers. */
const parserOf = types.getTypeParser as (oid: number, format?: string) => (value: string) => unknown;

const timestamptz = 1184;
const textArray = 1009;
const parseOtherTime = parserOf(timestamptz, 'text');
const parseOtherArray = parserOf(textArray, 'text');

/**
 * The type parsers of node-postgres, with faster ones for the values that most rows contain: times in UTC, as every
 * session of the service writes them (session.ts), and arrays of texts without quotes.
 */
export const valueParsers = {
  getTypeParser: (oid: number, format?: string): ((value: string) => unknown) => {
    if (format !== 'binary' && oid === timestamptz) return parseTime;
    if (format !== 'binary' && oid === textArray) return parseTexts;
    return parserOf(oid, format);
  },
};

/** `2026-11-28 23:17:54.123456+00`, with one to six or no decimals. */
export function parseTime(text: string): unknown {
  const end = text.length - 3;
  const year = two(text, 0) * 100 + two(text, 2);
  const hasForm = text[4] === '-' && text[10] === ' ' && text.endsWith('+00') && (end === 19 || text[19] === '.');
  // Date.UTC() takes years below 100 for the 20th century.
  if (!hasForm || !(year >= 100)) return parseOtherTime(text);
  const [month, day] = [two(text, 5) - 1, two(text, 8)];
  const ms = digit(text, 20, end) * 100 + digit(text, 21, end) * 10 + digit(text, 22, end);
  return new Date(Date.UTC(year, month, day, two(text, 11), two(text, 14), two(text, 17), ms));
}

/** `{user,admin}` */
export function parseTexts(text: string): unknown {
  if (text === '{}') return [];
  // A backslash is always between quotes, and an element that begins with a brace is an array.
  if (!text.startsWith('{') || text.includes('"') || text.includes('{', 1)) return parseOtherArray(text);
  const texts = text.slice(1, -1).split(',');
  return texts.includes('NULL') ? parseOtherArray(text) : texts;
}

function two(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;
}

/** A decimal, 0 beyond the last one. */
function digit(text: string, at: number, end: number): number {
  return at < end ? text.charCodeAt(at) - 48 : 0;
}
