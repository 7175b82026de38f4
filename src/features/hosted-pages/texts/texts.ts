import type { Catalogue, Language } from '../../../platform/i18n/language.ts';
import { de } from './de.ts';
import { en } from './en.ts';

/** What each language has. */
export type Texts = typeof en;
export type PageName = keyof Texts['pages'];
export type LinkName = keyof Texts['links'];

const texts: Catalogue<Texts> = { de, en };

export function textsIn(language: Language): Texts {
  return texts[language];
}

export function isPageName(name: string): name is PageName {
  return Object.hasOwn(en.pages, name);
}
