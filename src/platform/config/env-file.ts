import { readFileSync } from 'node:fs';

/** The variables of an `.env` file, and its errors by line. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** A file cannot be read as text. The message completes its name: why, and in which line where that is known. */
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

const blankOrComment = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const assignment = /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=/y;
const quoted = /[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`)[ \t]*(?:#[^\n]*)?(?=\n|$)/y;
const restOfLine = /[^\n]*/y;

const openQuote = 'has a quote that is not closed, or text after the closing one';

/**
 * Reads UTF-8 with or without a byte order mark, as editors of every system write it; lines end with \n afterwards.
 * @throws UnreadableFile
 */
export function readText(path: string): string {
  return decode(bytesOf(path)).replaceAll(/\r\n?/g, '\n');
}

/**
 * Reads the text of an `.env` file as Node and dotenv do: `NAME=value`, `export NAME=value`, comments, and values in ",
 * ' or ` which may have several lines (within ", \n is a line end too). What those ignore or cut off silently is an
 * error.
 * @param isRead whether a variable of this name is read
 */
export function parseEnvFile(text: string, isRead: (name: string) => boolean): EnvFile {
  const values: Record<string, string> = {};
  const lines = new Map<string, number>();
  const problems: string[] = [];
  let position = 0;
  const consume = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const found = pattern.exec(text);
    position += found?.[0].length ?? 0;
    return found;
  };
  while (position < text.length) {
    if (consume(blankOrComment) !== null) continue;
    const line = text.slice(0, position).split('\n').length;
    const [, name] = consume(assignment) ?? [];
    const value =
      name === undefined ? undefined : (quotedValue(consume(quoted), isRead) ?? plainValue(consume(restOfLine)));
    if (name === undefined || value === undefined) {
      consume(restOfLine);
      problems.push(`.env:${line}: is not NAME=value`);
      continue;
    }
    problems.push(
      ...[value.problem, nameProblem(name, lines, isRead)]
        .filter((each) => each !== undefined)
        .map((each) => `.env:${line}: ${each}`),
    );
    lines.set(name, line);
    values[name] = value.text;
  }
  return { values, problems };
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UnreadableFile(`cannot be read (${code})`, code);
  }
}

function decode(bytes: Buffer): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 || bytes.includes(0)) throw new UnreadableFile('is UTF-16 or binary: save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const [valid = ''] = new TextDecoder().decode(bytes).split('\uFFFD');
    throw new UnreadableFile('is not UTF-8', undefined, valid.split(/\r\n?|\n/).length);
  }
}

interface Value {
  readonly text: string;
  readonly problem?: string;
}

function quotedValue(found: RegExpExecArray | null, isRead: (name: string) => boolean): Value | undefined {
  if (found === null) return undefined;
  const [, double, single, back] = found;
  const text = double?.replaceAll('\\n', '\n') ?? single ?? back ?? '';
  return { text, ...(containsAssignment(text, isRead) && { problem: openQuote }) };
}

/** Whether a value of several lines contains the assignment of another variable. */
function containsAssignment(text: string, isRead: (name: string) => boolean): boolean {
  return text
    .split('\n')
    .slice(1)
    .some((line) => isRead(/^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? ''));
}

function plainValue(found: RegExpExecArray | null): Value {
  const text = (found?.[0] ?? '').replace(/\s#.*$/, '').trim();
  if (/^["'`]/.test(text)) return { text, problem: openQuote };
  if (text.includes('#')) return { text, problem: 'has a # in the value: quote it, or put a space before a comment' };
  return { text };
}

function nameProblem(
  name: string,
  lines: ReadonlyMap<string, number>,
  isRead: (name: string) => boolean,
): string | undefined {
  const earlier = lines.get(name);
  if (earlier !== undefined) return `${name} is already set in line ${earlier}`;
  const upper = name.toUpperCase();
  return !isRead(name) && isRead(upper) ? `${name} must be written ${upper}` : undefined;
}
