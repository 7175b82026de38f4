import { describe, expect, it } from '@jest/globals';
import { prefersHtml } from './negotiation.ts';

describe('prefersHtml', () => {
  it.each([
    ['Chromium', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
    ['Firefox and Safari', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['a browser that names no weights', 'text/html, application/xhtml+xml, */*'],
    ['a client that takes texts alone', 'text/*'],
    ['HTML before JSON', 'application/json;q=0.5, text/html;q=0.9'],
    ['HTML in capitals, with a parameter', 'TEXT/HTML;charset=utf-8;Q=1.0, */*;q=0.1'],
    ['no JSON at all', 'text/html;q=0.1, application/json;q=0, application/problem+json;q=0, */*;q=0'],
    ['one of two weights for HTML', 'text/html;level=1;q=0.2, text/html;q=0.7, application/json;q=0.5'],
  ])('is true of %s', (_, accept) => {
    expect(prefersHtml(accept)).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['curl', '*/*'],
    ['a client of the API', 'application/json'],
    ['axios', 'application/json, text/plain, */*'],
    ['problem details before HTML', 'application/problem+json, text/html;q=0.9'],
    ['both as much', 'text/html, application/json'],
    ['JSON before HTML', 'text/html;q=0.1, application/json'],
    ['a wildcard before HTML', 'text/html;q=0.5, */*'],
    ['HTML refused', 'text/html;q=0, */*;q=0.1'],
    ['HTML refused among texts', 'text/*, text/html;q=0'],
    ['other texts', 'text/plain, text/csv'],
    ['an event stream', 'text/event-stream'],
    ['a name that only begins like HTML', 'text/html5'],
    ['a weight that is none', 'text/html;q=high, application/json;q=0.1'],
    ['a weight above one', 'text/html;q=1.5, application/json;q=0.1'],
    ['ranges that are none', ';;,q=1,/,text/,*'],
  ])('is false of %s', (_, accept) => {
    expect(prefersHtml(accept)).toBe(false);
  });

  it('reads a header of any length at once', () => {
    expect(prefersHtml(`${'text/html;q=0.1;'.repeat(900)},application/json`)).toBe(false);
  });
});
