import { currentRequest } from '../logging/request-context.ts';
import { weightedRanges } from './weighted-ranges.ts';

/** The languages of pages and emails; the first one is the default. Every catalogue of texts has a file for each. */
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** The texts of a feature by language: the compiler requires the same members in each. */
export type Catalogue<Texts> = Readonly<Record<Language, Texts>>;

/**
 * The language of ours that the client prefers (RFC 9110 §12.5.4, lookup of RFC 4647 §3.4). When it prefers none of
 * them, and for the wildcard, the first one that it does not refuse (`q=0`).
 */
export function negotiateLanguage(acceptLanguage = ''): Language {
  const ranges = weightedRanges(acceptLanguage);
  const refused = ranges.filter(({ quality }) => quality === 0).map(({ name }) => name);
  const other = languages.find((language) => !refused.includes(language)) ?? languages[0];
  const [best] = ranges
    .map(({ name, quality }) => ({ language: name === '*' ? other : findLanguage(name), quality }))
    .filter(({ quality, language }) => quality > 0 && language !== undefined)
    .sort((one, another) => another.quality - one.quality);
  return best?.language ?? other;
}

/** The language of ours for a language tag (BCP 47), by its primary subtag: `de` for `de-AT`. */
export function languageOf(locale: string): Language {
  return findLanguage(locale) ?? languages[0];
}

/** The language that the client of the current request prefers; English outside of a request. */
export function requestLanguage(): Language {
  return negotiateLanguage(currentRequest()?.acceptLanguage);
}

function findLanguage(tag: string): Language | undefined {
  const [primary = ''] = tag.trim().toLowerCase().split('-', 1);
  return languages.find((language) => language === primary);
}
