import { describe, expect, it } from '@jest/globals';
import { runInRequest } from '../logging/request-context.ts';
import { languageOf, negotiateLanguage, requestLanguage } from './language.ts';

describe('negotiateLanguage', () => {
  it.each([
    ['de', 'de'],
    ['de-AT, de;q=0.9, en;q=0.8', 'de'],
    ['DE-ch', 'de'],
    ['fr-FR, de;q=0.5, en;q=0.4', 'de'],
    ['en;q=0.4, de;q=0.5', 'de'],
    ['fr, *;q=0.1', 'en'],
    ['*, de;q=0.5', 'en'],
    ['en-GB,en;q=0.9,de;q=0.8', 'en'],
    ['de;q=0, en;q=0.1', 'en'],
    ['en;q=0, *', 'de'],
    ['fr, EN;q=0.000', 'de'],
    ['*;q=0.1, en-US;q=0', 'en'],
    ['en;q=x, *', 'en'],
    ['en;q=0, de;q=0', 'en'],
    ['de;q=2', 'en'],
    ['de;q=x', 'en'],
    ['den, deutsch', 'en'],
    ['fr', 'en'],
    ['', 'en'],
    [undefined, 'en'],
    [';;,q=1,-,*;', 'en'],
  ])('chooses for %j the language %s', (header, expected) => {
    expect(negotiateLanguage(header)).toBe(expected);
  });

  it('reads a long header in linear time', () => {
    expect(negotiateLanguage(`${'de;'.repeat(5000)}q=1`)).toBe('de');
  });
});

describe('languageOf', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['en-GB', 'en'],
    ['fr-CA', 'en'],
    ['', 'en'],
  ])('returns for %j the language %s', (locale, expected) => {
    expect(languageOf(locale)).toBe(expected);
  });
});

describe('requestLanguage', () => {
  it('is the one of the current request', () => {
    const request = { requestId: '1', ip: undefined, userAgent: undefined, acceptLanguage: 'de-DE' };

    expect(runInRequest(request, requestLanguage)).toBe('de');
    expect(requestLanguage()).toBe('en');
  });
});
