/** A link that stands in a line of its own. */
export interface MailLink {
  readonly label: string;
  readonly url: string;
}

/** A paragraph of a mail, in words; both of its forms are made from it, so that they never differ. */
export type MailPart = string | MailLink;

const bodyStyle = 'font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em';

/** The form for readers without HTML. */
export function textOf(parts: readonly MailPart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.url)).join('\n\n');
}

/** A whole HTML document without anything to load. Everything that is put in is escaped. */
export function htmlOf(subject: string, parts: readonly MailPart[]): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>`,
    `<body style="${bodyStyle}">`,
    ...parts.map((part) => `<p>${typeof part === 'string' ? escaped(part) : anchor(part)}</p>`),
    '</body></html>',
  ].join('\n');
}

function anchor({ label, url }: MailLink): string {
  return `<a href="${escaped(url)}">${escaped(label)}</a>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
