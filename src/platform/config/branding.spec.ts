import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './config.ts';
import { InvalidConfigError } from './startup-error.ts';

const PUBLIC_URL = 'https://api.example.com/backend';

describe('The branding', () => {
  it('has a default', () => {
    expect(parseConfig({}).service).toMatchObject({
      ...{ appName: 'Plinth', logoUrl: undefined, accentColor: '#2457d6', accentTextColor: '#ffffff' },
    });
  });

  it.each([
    ['/logo.png', 'https://api.example.com/logo.png'],
    ['https://cdn.example.com/a/logo.svg?v=2', 'https://cdn.example.com/a/logo.svg?v=2'],
  ])('resolves the logo %s', (APP_LOGO_URL, logoUrl) => {
    expect(parseConfig({ PUBLIC_URL, APP_LOGO_URL }).service.logoUrl).toBe(logoUrl);
  });

  it.each([
    'http://example.com/logo.png',
    '//example.com/logo.png',
    'logo.png',
    'data:image/png;base64,AAAA',
    'https://user@example.com/logo.png',
    "https://example.com/a;script-src 'unsafe-inline'",
    'https://example.com/a b.png',
    '/a"b.png',
  ])('refuses the logo %s', (APP_LOGO_URL) => {
    expect(() => parseConfig({ PUBLIC_URL, APP_LOGO_URL })).toThrow(InvalidConfigError);
  });

  it.each(['Acme', 'Acme, Inc.', 'Bücher & Söhne', '株式会社', 'A'.repeat(40)])('accepts the name %s', (APP_NAME) => {
    expect(parseConfig({ APP_NAME }).service.appName).toBe(APP_NAME);
  });

  it.each(['   ', 'A'.repeat(41), 'Acme: mail', 'Acme <script>', 'a@b', 'two\nlines', 'a "quote"', String.raw`a\b`])(
    'refuses the name %j',
    (APP_NAME) => {
      expect(() => parseConfig({ APP_NAME })).toThrow(InvalidConfigError);
    },
  );

  it.each(['#12345', 'red', '#1234567', '#12345g', '123456', '#fff'])('refuses the color %s', (APP_ACCENT_COLOR) => {
    expect(() => parseConfig({ APP_ACCENT_COLOR })).toThrow(InvalidConfigError);
  });

  it('names the sender of emails after the product', () => {
    expect(parseConfig({}).mail.from).toBe('"Plinth" <no-reply@localhost>');
    expect(parseConfig({ APP_NAME: 'Acme, Inc.' }).mail.from).toBe('"Acme, Inc." <no-reply@localhost>');
    expect(parseConfig({ APP_NAME: 'Acme', MAIL_FROM: 'Desk <a@example.com>' }).mail.from).toBe('Desk <a@example.com>');
  });
});
