import { describe, expect, it } from '@jest/globals';
import { htmlOf, textOf } from './mail-body.ts';

const parts = ['Tom & <Jerry>', { label: 'Say "yes"', url: 'https://app.example.com/yes?a=1&b="2"' }];

describe('textOf', () => {
  it('returns paragraphs and plain URLs', () => {
    expect(textOf(parts)).toBe('Tom & <Jerry>\n\nhttps://app.example.com/yes?a=1&b="2"');
  });
});

describe('htmlOf', () => {
  it('escapes subject, paragraphs and links', () => {
    const html = htmlOf('<script>', parts);

    expect(html).toContain('<title>&#60;script&#62;</title>');
    expect(html).toContain('<p>Tom &#38; &#60;Jerry&#62;</p>');
    expect(html).toContain('<p><a href="https://app.example.com/yes?a=1&#38;b=&#34;2&#34;">Say &#34;yes&#34;</a></p>');
  });
});
