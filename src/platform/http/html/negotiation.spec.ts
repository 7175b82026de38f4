import { describe, expect, it } from '@jest/globals';
import { prefersHtml } from './negotiation.ts';

describe('prefersHtml', () => {
  it.each([
    ['Chromium', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
    ['Firefox and Safari', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['a browser that sends no weights', 'text/html, application/xhtml+xml, */*'],
    ['a client that accepts only text types', 'text/*'],
    ['HTML before JSON', 'application/json;q=0.5, text/html;q=0.9'],
    ['HTML in capitals, with a parameter', 'TEXT/HTML;charset=utf-8;Q=1.0, */*;q=0.1'],
    ['no JSON at all', 'text/html;q=0.1, application/json;q=0, application/problem+json;q=0, */*;q=0'],
    ['one of two weights for HTML', 'text/html;level=1;q=0.2, text/html;q=0.7, application/json;q=0.5'],
  ])('returns true for %s', (_, accept) => {
    expect(prefersHtml(accept)).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['curl', '*/*'],
    ['a client of the API', 'application/json'],
    ['axios', 'application/json, text/plain, */*'],
    ['problem details before HTML', 'application/problem+json, text/html;q=0.9'],
    ['equal weights', 'text/html, application/json'],
    ['JSON before HTML', 'text/html;q=0.1, application/json'],
    ['a wildcard before HTML', 'text/html;q=0.5, */*'],
    ['HTML with weight 0', 'text/html;q=0, */*;q=0.1'],
    ['HTML with weight 0 beside text/*', 'text/*, text/html;q=0'],
    ['other texts', 'text/plain, text/csv'],
    ['an event stream', 'text/event-stream'],
    ['a type that only begins with text/html', 'text/html5'],
    ['a malformed weight', 'text/html;q=high, application/json;q=0.1'],
    ['a weight above one', 'text/html;q=1.5, application/json;q=0.1'],
    ['malformed media ranges', ';;,q=1,/,text/,*'],
  ])('returns false for %s', (_, accept) => {
    expect(prefersHtml(accept)).toBe(false);
  });

  it('parses a long header in linear time', () => {
    expect(prefersHtml(`${'text/html;q=0.1;'.repeat(900)},application/json`)).toBe(false);
  });
});
