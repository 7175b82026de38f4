import { BodyMalformed } from '../problem/edge.errors.ts';

const maxDepth = 32;
const forbiddenMembers = new Set(['__proto__', 'constructor']);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a JSON body and refuses what parsers silently repair: a repeated member, a member that could reach a
 * prototype, nesting beyond 32 levels, bytes that are not UTF-8.
 * @throws BodyMalformed
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  refuseDepth(text);
  const value = parse(text);
  refuseMembers(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new BodyMalformed({ detail: 'The body is not UTF-8.', cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BodyMalformed({ detail: text.trim() === '' ? 'The body is empty.' : 'The body is not JSON.', cause });
  }
}

/** Counts brackets outside of strings; runs before the parser, so the text may be anything. */
function refuseDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > maxDepth) throw new BodyMalformed({ detail: `The body is nested deeper than ${maxDepth} levels.` });
  }
}

/** Walks the names of well-formed JSON: one set per open object, null per open array. */
function refuseMembers(text: string): void {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      if (isName(text, end)) refuseName(text.slice(at, end + 1), open.at(-1));
      at = end;
    }
  }
}

function refuseName(quoted: string, siblings: Set<string> | null | undefined): void {
  const name = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (forbiddenMembers.has(name)) throw new BodyMalformed({ detail: `The member name ${quoted} is not allowed.` });
  if (siblings?.has(name)) throw new BodyMalformed({ detail: `The member ${quoted.slice(0, 80)} stands twice.` });
  siblings?.add(name);
}

function isName(text: string, end: number): boolean {
  let at = end + 1;
  // The four blanks of JSON are the only characters up to U+0020 that can follow a string.
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return text[at] === ':';
}

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
