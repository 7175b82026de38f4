import { describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import type { Branding } from '../../config/branding.ts';
import { html } from './html-page.ts';
import type { HtmlPage } from './html-pages.ts';
import { HtmlPages } from './html-pages.ts';

const branding: Branding = {
  appName: 'Acme',
  logoUrl: undefined,
  accentColor: '#ffd400',
  accentTextColor: '#000000',
};

/** The text of a page, and its policy. */
function rendered(page: Partial<HtmlPage> = {}, changes: Partial<Branding> = {}): { text: string; policy: string } {
  const headers = new Map<string, string>();
  const reply = {
    header: (name: string, value: string) => {
      headers.set(name, value);
      return reply;
    },
  } as unknown as FastifyReply;
  const pages = new HtmlPages({ ...branding, ...changes });
  const text = pages.render(reply, { title: 'A page', body: html`<h1>A page</h1>`, ...page });
  return { text, policy: headers.get('content-security-policy') ?? '' };
}

describe('HtmlPages', () => {
  it('renders the name of the service, and escapes it and the title', () => {
    const { text } = rendered({ title: '<b>' }, { appName: 'A & B' });

    expect(text).toContain('<title>&lt;b&gt; – A &amp; B</title>');
    expect(text).toContain('<span dir="auto">A &amp; B</span>');
  });

  it('renders an initial instead of a logo, whatever its script', () => {
    for (const [appName, initial] of [
      ['élan', 'É'],
      ['שלום', 'ש'],
      ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦'],
    ])
      expect(rendered({}, { appName: appName ?? '' }).text).toContain(`aria-hidden="true">${initial ?? ''}</span>`);
  });

  it('allows the logo of its origin only', () => {
    const { text, policy } = rendered({}, { logoUrl: 'https://cdn.example.com/logo.svg?a=1&b=2' });

    expect(text).toContain('<img src="https://cdn.example.com/logo.svg?a=1&amp;b=2" alt="Acme" />');
    expect(policy).toContain(';img-src data: https://cdn.example.com;');
  });

  it('allows scripts only on pages that have one, and nothing inline but the stylesheet', () => {
    expect(rendered().policy).toMatch(
      /^default-src 'none';style-src 'sha256-[^']+';img-src data:;form-action 'self';base-uri 'none';frame-ancestors 'none'$/,
    );
    const { text, policy } = rendered({ scripts: ['/account/page.js?v=1'], formTargets: ['https://app.example.com'] });
    expect(text).toContain('<script src="/account/page.js?v=1" defer></script>');
    expect(policy).toContain(";script-src 'self';connect-src 'self';form-action 'self' https://app.example.com;");
    expect(policy).not.toContain('unsafe');
  });

  it('declares the language of the content', () => {
    expect(rendered().text).toContain('<html lang="en">');
    expect(rendered({ language: 'de' }).text).toContain('<html lang="de">');
  });
});
