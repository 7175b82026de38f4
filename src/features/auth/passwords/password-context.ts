/** What is known about the owner of a password. */
export interface PasswordContext {
  readonly email?: string | undefined;
  readonly displayName?: string | null | undefined;
  /** The name under which the service is known, besides that of its source code. */
  readonly appName?: string;
}

/** The name of the source code. */
const serviceWords = ['plinth'];

/** The number of characters that a password must have besides context words. */
const minRemainder = 8;

/**
 * Whether a password consists of context words (ASVS 6.2.11; NIST SP 800-63B-4 §3.1.1.2): the name of the service, the
 * email address, its local part, the display name, and the words of the last two. Case, accents, spaces and punctuation
 * are ignored. A password may contain such words: it is derived from them when fewer than 8 other characters remain
 * after every one of 3 characters or more is removed. Digits count half, because they are often appended.
 */
export function isDerivedFromContext(password: string, context: PasswordContext): boolean {
  const remainder = remainderWithoutContext(password, context);
  if (remainder === undefined) return false;
  const digits = remainder.match(/\p{N}/gu)?.length ?? 0;
  return Array.from(remainder).length - digits / 2 < minRemainder;
}

/** The password without context words; unchanged when it contains none. */
export function stripContextWords(password: string, context: PasswordContext): string {
  return remainderWithoutContext(password, context) ?? password;
}

/** Undefined when the password contains no context word. */
function remainderWithoutContext(password: string, context: PasswordContext): string | undefined {
  const { email = '', displayName, appName = '' } = context;
  const localPart = email.slice(0, Math.max(0, email.lastIndexOf('@')));
  const names = [...serviceWords, appName, localPart, displayName ?? ''];
  const parts = names.flatMap((text) => [folded(text), ...text.split(/[^\p{L}\p{N}\p{M}]+/u).map(folded)]);
  // The domain alone is no context word: it is often a common one.
  const words = [folded(email), ...parts];
  const longestFirst = [...new Set(words)].filter((word) => word.length >= 3).sort((a, b) => b.length - a.length);
  const normalized = folded(password);
  const remainder = longestFirst.reduce((rest, word) => rest.replaceAll(word, ''), normalized);
  return remainder === normalized ? undefined : remainder;
}

/** Letters and digits only, without accents, in lower case. */
function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}
