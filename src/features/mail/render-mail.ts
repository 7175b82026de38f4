import type { Branding } from '../../platform/config/branding.ts';
import type { Catalogue, Language } from '../../platform/i18n/language.ts';
import { languageOf } from '../../platform/i18n/language.ts';
import type { LinkTemplate, MailTemplate } from './mail-templates.ts';
import { linkPathOf } from './mail-templates.ts';
import { de } from './texts/de.ts';
import { en } from './texts/en.ts';
import type { MailAction, MailContent } from './texts/layout.ts';
import { htmlOf, textOf } from './texts/layout.ts';
import type { MailTexts } from './texts/mail-texts.ts';

/** The texts by language, for a product of this name. */
export const mailTexts: Catalogue<(appName: string) => MailTexts> = { en, de };

/** What an email reports, for its recipient. */
export interface MailFacts {
  readonly template: MailTemplate;
  /** Undefined when the template has no link or its token can no longer be used. */
  readonly link: { readonly url: string; readonly expiresAt: Date } | undefined;
  /** When it happened, or the link was requested. */
  readonly at: Date;
  /** IP address and browser of the request, where the template shows them. */
  readonly ip: string | null;
  readonly browser: string | null;
  /** A language tag (BCP 47). */
  readonly locale: string;
  /** IANA. */
  readonly timeZone: string;
}

/** An email as its recipient sees it. */
export interface RenderedMail {
  readonly language: Language;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}

/** Renders an email in the language and the time zone of its recipient. */
export function renderMail(facts: MailFacts, branding: Branding): RenderedMail {
  const language = languageOf(facts.locale);
  const texts = mailTexts[language](branding.appName);
  const { subject, paragraphs, otherwise } = texts.mails[facts.template];
  const { shared } = texts;
  const action = actionOf(facts, texts);
  const isUsed = linkPathOf(facts.template) !== undefined && action === undefined;
  const where = [facts.ip, facts.browser].filter((part) => part !== null).join(', ');
  const content: MailContent = {
    language,
    subject,
    paragraphs: isUsed ? [...paragraphs, shared.linkUsed] : paragraphs,
    action,
    facts: [[shared.when, dateTime(facts.at, facts)], ...(where === '' ? [] : [[shared.where, where] as const])],
    otherwise,
    footer: shared.footer,
  };
  const links = action === undefined ? [] : [action.url];
  return { language, subject, text: textOf(content), html: htmlOf(content, branding), links };
}

function actionOf(facts: MailFacts, { mails, shared }: MailTexts): MailAction | undefined {
  const { template, link, at } = facts;
  if (link === undefined || linkPathOf(template) === undefined) return undefined;
  const { button } = mails[template as LinkTemplate];
  const duration = durationText(link.expiresAt.getTime() - at.getTime(), languageOf(facts.locale));
  const expiry = shared.expiry(duration, dateTime(link.expiresAt, facts));
  return { label: button, url: link.url, plainUrl: shared.plainUrl, expiry };
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** In the largest unit of which it is a whole number, such as `30 minutes`, `24 hours` or `7 days`. */
function durationText(milliseconds: number, language: Language): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000)) * 60_000;
  const [unit, size] = units.find(([, length]) => minutes >= 2 * length && minutes % length === 0) ?? [
    'minute',
    60_000,
  ];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(minutes / size);
}

/** Date, time and zone, such as `28 November 2026 at 20:53 CET (Europe/Berlin)` for en-GB. */
function dateTime(date: Date, { locale, timeZone }: MailFacts): string {
  const format = formatOf(locale, timeZone);
  // ICU separates the time by a narrow space that some mail programs show as a box.
  const text = format.format(date).replaceAll(/[\u00a0\u202f]/g, ' ');
  const { timeZone: zone } = format.resolvedOptions();
  return zone === 'UTC' ? text : `${text} (${zone})`;
}

const dateTimeStyle: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZoneName: 'short',
};

/** The words around it are in a language of ours: the region of the locale is used only with that language. */
function formatOf(locale: string, timeZone: string): Intl.DateTimeFormat {
  const language = languageOf(locale);
  const tag = locale.toLowerCase().split('-', 1)[0] === language ? locale : language;
  try {
    return new Intl.DateTimeFormat(tag, { ...dateTimeStyle, timeZone });
  } catch {
    // A zone that this release of ICU does not have.
    return new Intl.DateTimeFormat(tag, { ...dateTimeStyle, timeZone: 'UTC' });
  }
}
