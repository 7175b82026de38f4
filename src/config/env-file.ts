/** What an `.env` file says, and what of it can't be taken as it is written, by line. */
export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

const nothing = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const assignment = /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=/y;
const quoted = /[ \t]*(?:"([^"]*)"|'([^']*)'|`([^`]*)`)[ \t]*(?:#[^\n]*)?(?=\n|$)/y;
const restOfLine = /[^\n]*/y;

const openQuote = 'has a quote that is not closed, or text behind the closing one';

/**
 * Reads the text of an `.env` file as Node and dotenv do: `NAME=value`, `export NAME=value`, comments, and values in ", '
 * or ` which may have several lines (within ", \n is a line end too). What those pass over or cut off in silence is told.
 * @param isRead whether a variable of this name is read
 */
export function readEnvFile(text: string, isRead: (name: string) => boolean): EnvFile {
  const values: Record<string, string> = {};
  const lines = new Map<string, number>();
  const problems: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    at += found?.[0].length ?? 0;
    return found;
  };
  while (at < text.length) {
    if (take(nothing) !== null) continue;
    const line = text.slice(0, at).split('\n').length;
    const [, name] = take(assignment) ?? [];
    const value = name === undefined ? undefined : (quotedValue(take(quoted), isRead) ?? plainValue(take(restOfLine)));
    if (name === undefined || value === undefined) {
      take(restOfLine);
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

interface Value {
  readonly text: string;
  readonly problem?: string;
}

function quotedValue(found: RegExpExecArray | null, isRead: (name: string) => boolean): Value | undefined {
  if (found === null) return undefined;
  const [, double, single, back] = found;
  const text = double?.replaceAll('\\n', '\n') ?? single ?? back ?? '';
  return { text, ...(swallows(text, isRead) && { problem: openQuote }) };
}

/** Whether a value of several lines has taken the next variable for a part of it. */
function swallows(text: string, isRead: (name: string) => boolean): boolean {
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
  if (earlier !== undefined) return `${name} is set already in line ${earlier}`;
  const upper = name.toUpperCase();
  return !isRead(name) && isRead(upper) ? `${name} is to be written ${upper}` : undefined;
}
