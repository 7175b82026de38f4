import type { Branding } from '../../../platform/config/branding.ts';
import type { Language } from '../../../platform/i18n/language.ts';

/** The button of an email. */
export interface MailAction {
  readonly label: string;
  readonly url: string;
  /** Precedes the URL as text. */
  readonly plainUrl: string;
  /** How long the link works. */
  readonly expiry: string;
}

/** An email before it is rendered; no member contains markup. */
export interface MailContent {
  readonly language: Language;
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly action: MailAction | undefined;
  /** Labels and values, such as time and IP address. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly otherwise: string | undefined;
  readonly footer: string;
}

/** Renders the plain text form. */
export function textOf({ paragraphs, action, facts, otherwise, footer }: MailContent): string {
  const parts = [
    ...paragraphs,
    ...(action === undefined ? [] : [action.url, action.expiry]),
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    ...(otherwise === undefined ? [] : [otherwise]),
    `-- \n${footer}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * Renders an HTML document, whose only external resource is the configured logo; all content is escaped. Mail programs
 * know tables and inline styles best; those that apply the style sheet show dark colors on request.
 */
export function htmlOf(content: MailContent, branding: Branding): string {
  const { language, subject, paragraphs, action, facts, otherwise, footer } = content;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escape(subject)}</title>
<style>${darkColors}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f2f3f5">
<div style="display:none;max-height:0;overflow:hidden">${escape(paragraphs[0] ?? subject)}${preheaderEnd}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="page" style="background:#f2f3f5">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;${font}">
<tr><td style="padding:0 4px 16px">${logoOf(branding)}</td></tr>
<tr><td class="card" style="background:#ffffff;border-top:4px solid ${branding.accentColor};border-radius:8px;padding:28px">
<h1 class="ink" style="margin:0 0 16px;font-size:22px;line-height:1.3;color:#16181d">${escape(subject)}</h1>
${paragraphs.map((text) => paragraph(text)).join('\n')}
${action === undefined ? '' : buttonOf(action, branding)}
<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 16px;font-size:14px">
${facts.map(factRow).join('\n')}
</table>
${otherwise === undefined ? '' : `<p class="ink" style="margin:0;color:#16181d;font-size:14px">${escape(otherwise)}</p>`}
</td></tr>
<tr><td class="quiet" style="padding:16px 4px;color:#565c67;font-size:13px">${escape(footer)}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

const font =
  'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5';

/** Keeps mail programs from showing the text after the preheader beside it. */
const preheaderEnd = '&#847;&zwnj;&nbsp;'.repeat(40);

const darkColors = `
@media (prefers-color-scheme: dark) {
  .page { background: #16181d !important; }
  .card { background: #22252c !important; }
  .ink { color: #f2f3f5 !important; }
  .quiet { color: #b3b8c2 !important; }
}
`;

function logoOf({ appName, logoUrl }: Branding): string {
  const name = escape(appName);
  const style = 'font-size:18px;font-weight:600;color:#16181d';
  if (logoUrl === undefined) return `<span class="ink" style="${style}">${name}</span>`;
  return `<img class="ink" src="${escape(logoUrl)}" alt="${name}" height="36" style="display:block;border:0;height:36px;${style}">`;
}

function paragraph(text: string): string {
  return `<p class="ink" style="margin:0 0 16px;color:#16181d">${escape(text)}</p>`;
}

/** The table cell has the color too: Outlook applies no padding and no background to links. */
function buttonOf({ label, url, plainUrl, expiry }: MailAction, { accentColor, accentTextColor }: Branding): string {
  const colors = `background:${accentColor};color:${accentTextColor}`;
  const box = 'display:inline-block;padding:12px 24px;border-radius:6px;font-weight:600;text-decoration:none';
  return `<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 16px">
<tr><td style="border-radius:6px;background:${accentColor}"><a href="${escape(url)}" style="${box};${colors}">${escape(label)}</a></td></tr>
</table>
<p class="quiet" style="margin:0 0 16px;color:#565c67;font-size:14px">${escape(plainUrl)}<br><a class="quiet" href="${escape(url)}" style="color:#565c67;overflow-wrap:anywhere;word-break:break-all">${escape(url)}</a></p>
<p class="quiet" style="margin:0 0 16px;color:#565c67;font-size:14px">${escape(expiry)}</p>`;
}

function factRow([label, value]: readonly [string, string]): string {
  const cell = 'vertical-align:top;padding:0 16px 4px 0';
  return `<tr><td class="quiet" style="${cell};color:#565c67">${escape(label)}</td><td class="ink" style="${cell};color:#16181d">${escape(value)}</td></tr>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
