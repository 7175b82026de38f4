import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '../../platform/config/config.ts';
import { languages } from '../../platform/i18n/language.ts';
import type { MailTemplate } from './mail-templates.ts';
import { linkPathOf } from './mail-templates.ts';
import type { MailFacts } from './render-mail.ts';
import { mailTexts, renderMail } from './render-mail.ts';

const branding = parseConfig({ APP_NAME: 'Acme & Söhne', APP_ACCENT_COLOR: '#0a7d4b' }).service;
const url = 'https://app.example.com/act?token=a&b=1';
const at = new Date('2026-11-28T19:53:08Z');

function factsOf(template: MailTemplate, overrides: Partial<MailFacts> = {}): MailFacts {
  const link = linkPathOf(template) === undefined ? undefined : { url, expiresAt: new Date(at.getTime() + 1_800_000) };
  const origin = { ip: '203.0.113.9', browser: 'Firefox, Windows' };
  return { template, link, at, ...origin, locale: 'en-GB', timeZone: 'Europe/Berlin', ...overrides };
}

const templates = Object.keys(mailTexts.en('').mails) as MailTemplate[];
const inEachLanguage = languages.flatMap((locale) => templates.map((template) => ({ template, locale })));

/** The visible words of an HTML document. */
function wordsOf(html: string): string {
  const body = html.slice(html.indexOf('<table')).replaceAll(/<[^>]+>/g, ' ');
  return body.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))).replaceAll(/\s+/g, ' ');
}

describe('renderMail', () => {
  it.each(inEachLanguage)('renders $template in $locale', ({ template, locale }) => {
    const { subject, text, html } = renderMail(factsOf(template, { locale }), branding);

    expect(`${subject}\n\n${text}`).toMatchSnapshot();
    expect(html).toContain(`<html lang="${locale}">`);
    const words = wordsOf(html);
    expect(words).toContain(subject);
    for (const line of text.split('\n').filter((part) => part !== '' && part !== '-- ')) {
      expect(words.replaceAll(' ', '')).toContain(line.replace(/^(When|Where|Wann|Wo): /, '').replaceAll(' ', ''));
    }
  });

  it.each(['reset-password', 'sessions-ended'] as const)('renders the HTML of %s', (template) => {
    expect(renderMail(factsOf(template), branding).html).toMatchSnapshot();
  });

  it('escapes all content of an email', () => {
    const hostile = { ...branding, appName: '<script>"&\'', logoUrl: 'https://cdn.example.com/"><script>.png' };
    const link = { url: 'https://app.example.com/"><script>', expiresAt: at };
    const { html } = renderMail(factsOf('reset-password', { link, ip: '<script>', browser: '"><script>' }), hostile);

    expect(html).not.toContain('<script');
    expect(html).not.toContain('"">');
    expect(html).toContain('&#60;script&#62;');
  });

  it('loads nothing, except the configured logo', () => {
    const { html } = renderMail(factsOf('reset-password'), branding);
    const { html: withLogo } = renderMail(factsOf('reset-password'), {
      ...branding,
      logoUrl: 'https://cdn.example.com/logo.png',
    });

    expect(html).not.toMatch(/src=|url\(|<link|@import|<script|<img/);
    expect(withLogo.match(/src="[^"]*"/g)).toEqual(['src="https://cdn.example.com/logo.png"']);
    expect(withLogo).toContain('alt="Acme &#38; Söhne"');
  });

  it.each([
    ['en-US', 'America/New_York', 'When: November 28, 2026 at 2:53 PM EST (America/New_York)'],
    ['en-GB', 'UTC', 'When: 28 November 2026 at 19:53 UTC\n'],
    ['de-AT', 'Europe/Vienna', 'Wann: 28. November 2026 um 20:53 MEZ (Europe/Vienna)'],
    ['fr', 'Europe/Paris', 'When: November 28, 2026 at 8:53 PM GMT+1 (Europe/Paris)'],
    ['en', 'Mars/Olympus', 'When: November 28, 2026 at 7:53 PM UTC\n'],
  ])('writes times for %s in the zone %s', (locale, timeZone, expected) => {
    expect(renderMail(factsOf('password-changed', { locale, timeZone }), branding).text).toContain(expected);
  });

  it.each([
    ['en', 1800, 'for 30 minutes'],
    ['en', 3600, 'for 60 minutes'],
    ['en', 86_400, 'for 24 hours'],
    ['en', 604_800, 'for 7 days'],
    ['en', 59, 'for 1 minute:'],
    ['de', 604_800, '7 Tage lang'],
  ])('says in %s that a link works %i seconds: %s', (locale, seconds, expected) => {
    const link = { url, expiresAt: new Date(at.getTime() + seconds * 1000) };

    expect(renderMail(factsOf('verify-email', { locale, link }), branding).text).toContain(expected);
  });

  it('reports a link that was used instead of the button', () => {
    const mail = renderMail(factsOf('password-locked', { link: undefined }), branding);

    expect(mail.links).toEqual([]);
    expect(mail.html).not.toContain('<a ');
    expect(mail.text).toContain('(This link has been used or replaced by a newer one.)');
  });

  it('omits an unknown origin', () => {
    expect(renderMail(factsOf('password-changed', { ip: null, browser: null }), branding).text).not.toContain('Where');
  });
});
