/** Rows of the QWERTY, QWERTZ and AZERTY keyboards, digits and the alphabet. */
const rows = [
  '12345678901',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'abcdefghijklmnopqrstuvwxyz',
];

/** Shorter runs occur in words. */
const minRun = 4;

/** The number of characters that a password must have besides patterns. */
const minRemainder = 8;

const forward = new Set(rows.flatMap((row) => Array.from(row.slice(1), (char, index) => `${row[index] ?? ''}${char}`)));
const backward = new Set(Array.from(forward, ([first = '', second = '']) => second + first));

/**
 * Whether a password consists of a pattern (NIST SP 800-63B-4 §3.1.1.2): runs along a keyboard row, the digits or the
 * alphabet, or repeated words. Case, accents, spaces and punctuation are ignored. A password may contain patterns: it
 * consists of them when fewer than 8 other characters remain. Digits count half, because they are often appended.
 */
export function isPattern(password: string): boolean {
  const words = wordsOf(password);
  const text = words.join('');
  const withoutRuns = removeRuns(removeRuns(text, forward), backward);
  if (withoutRuns !== text && weightOf(withoutRuns) < minRemainder) return true;
  const distinct = [...new Set(words)];
  if (distinct.length < words.length && weightOf(distinct.join('')) < minRemainder) return true;
  return repeatsLetters(text);
}

/** Whether the letters are the same ones again and again, with a few digits between or around them. */
function repeatsLetters(text: string): boolean {
  const letters = text.replaceAll(/\P{L}/gu, '');
  return letters.length >= text.length / 2 && (letters + letters).indexOf(letters, 1) < letters.length;
}

function removeRuns(text: string, steps: ReadonlySet<string>): string {
  const runs: string[] = [];
  for (const char of text) {
    const last = runs.at(-1) ?? '';
    if (steps.has(last.slice(-1) + char)) runs[runs.length - 1] = last + char;
    else runs.push(char);
  }
  return runs.filter((run) => run.length < minRun).join('');
}

function weightOf(text: string): number {
  const digits = text.match(/\p{N}/gu)?.length ?? 0;
  return Array.from(text).length - digits / 2;
}

/** In lower case and without accents. */
function wordsOf(password: string): string[] {
  const plain = password.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}
