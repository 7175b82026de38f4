/** Whose password it is to be. */
export interface PasswordContext {
  readonly email?: string | undefined;
  readonly displayName?: string | null | undefined;
}

/** What a guesser of this service tries first. */
const serviceWords = ['plinth'];

/** So many characters of a password must come from somewhere else. */
const ownMin = 8;

/**
 * Whether a password consists of what anybody knows of its owner (ASVS 6.2.11; NIST SP 800-63B-4 §3.1.1.2): the name of
 * the service, the part of the e-mail address ahead of the @, the display name, and the words of both. Case, accents,
 * spaces and punctuation do not count. A password that merely contains such a word is fine: it is refused when fewer than
 * 8 other characters are left once every such word of 3 characters or more is taken out; digits count half, since
 * everybody appends some.
 */
export function isMadeOfContext(password: string, context: PasswordContext): boolean {
  const own = ownPart(password, context);
  if (own === undefined) return false;
  const digits = own.match(/\p{N}/gu)?.length ?? 0;
  return Array.from(own).length - digits / 2 < ownMin;
}

/** What a guesser who tries such words has left to guess: the password itself, when it has none of them. */
export function withoutContext(password: string, context: PasswordContext): string {
  return ownPart(password, context) ?? password;
}

/** Undefined when nothing was taken out. */
function ownPart(password: string, { email = '', displayName }: PasswordContext): string | undefined {
  const localPart = email.slice(0, Math.max(0, email.lastIndexOf('@')));
  const given = [...serviceWords, localPart, displayName ?? ''];
  const words = given.flatMap((text) => [folded(text), ...text.split(/[^\p{L}\p{N}\p{M}]+/u).map(folded)]);
  const longestFirst = [...new Set(words)].filter((word) => word.length >= 3).sort((a, b) => b.length - a.length);
  const whole = folded(password);
  const own = longestFirst.reduce((rest, word) => rest.replaceAll(word, ''), whole);
  return own === whole ? undefined : own;
}

/** Letters and digits alone, without accents, in lower case. */
function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}
