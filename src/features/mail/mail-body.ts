/** A link in a paragraph of its own. */
export interface MailLink {
  readonly label: string;
  readonly url: string;
}

/** A paragraph of an email; the text and the HTML form are rendered from the same parts. */
export type MailPart = string | MailLink;

/** An email before it is rendered. */
export interface MailContent {
  readonly subject: string;
  readonly parts: readonly MailPart[];
}

const bodyStyle = 'font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em';

/** Renders the plain text form. */
export function textOf(parts: readonly MailPart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.url)).join('\n\n');
}

/** Renders an HTML document without external resources; all content is escaped. */
export function htmlOf(subject: string, parts: readonly MailPart[]): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    `<body style="${bodyStyle}">`,
    ...parts.map((part) => `<p>${typeof part === 'string' ? escapeHtml(part) : anchor(part)}</p>`),
    '</body></html>',
  ].join('\n');
}

function anchor({ label, url }: MailLink): string {
  return `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
