import { MalformedJson } from '../problem/http.errors.ts';

const maxDepth = 32;
const forbiddenMembers = new Set(['__proto__', 'constructor']);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a JSON body and rejects what JSON.parse accepts: duplicate members, member names that could pollute a
 * prototype, nesting deeper than 32 levels, bytes that are not UTF-8.
 * @throws MalformedJson
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  rejectDepth(text);
  const value = parse(text);
  rejectMembers(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new MalformedJson({ detail: 'The body is not UTF-8.', cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedJson({ detail: text.trim() === '' ? 'The body is empty.' : 'The body is not JSON.', cause });
  }
}

/** Counts brackets outside of strings. Runs before the parser: the text may be anything. */
function rejectDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > maxDepth) throw new MalformedJson({ detail: `The body is nested deeper than ${maxDepth} levels.` });
  }
}

/** Checks the member names of well-formed JSON: one set for each open object, null for each open array. */
function rejectMembers(text: string): void {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      if (isName(text, end)) rejectName(text.slice(at, end + 1), open.at(-1));
      at = end;
    }
  }
}

function rejectName(quoted: string, siblings: Set<string> | null | undefined): void {
  const name = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (forbiddenMembers.has(name)) throw new MalformedJson({ detail: `The member name ${quoted} is not allowed.` });
  if (siblings?.has(name)) throw new MalformedJson({ detail: `Duplicate member: ${quoted.slice(0, 80)}.` });
  siblings?.add(name);
}

function isName(text: string, end: number): boolean {
  let at = end + 1;
  // Whitespace is all that can follow a string in JSON among the characters up to U+0020.
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return text[at] === ':';
}

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
