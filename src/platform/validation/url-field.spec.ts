import { describe, expect, it } from '@jest/globals';
import { RE2JS } from 're2js';
import { publishedRulesOf, schemaCheckOf, violationsOf } from '../../../test/harness/app/field-checks.ts';
import { fromText } from './query-text.ts';
import { UrlField } from './url-field.ts';
import { validateInput } from './validate-input.ts';

class Linked {
  @UrlField({ optional: true, description: 'A URL.' })
  readonly link?: string;

  @UrlField({ protocols: ['http', 'https'], max: 30, optional: true, description: 'A short URL.' })
  readonly short?: string;

  @UrlField({ protocols: ['web+x', 'a.b'], optional: true, description: 'A URL of another scheme.' })
  readonly custom?: string;
}

const matchesSchema = schemaCheckOf(Linked);

describe('UrlField', () => {
  it.each<object>([
    { link: 'https://example.com' },
    { link: 'https://example.com:8443/a/b;c=1?d=e&f=%C3%A9#g/h?' },
    { link: 'https://xn--bcher-kva.example/' },
    { link: 'https://[2001:db8::1]/' },
    { link: `https://example.com/${'a'.repeat(2048 - 20)}` },
    { short: 'http://localhost:3000' },
    { custom: 'web+x://example.com' },
    { custom: 'a.b://example.com' },
  ])('accepts %j, as its schema does', async (value) => {
    expect(await violationsOf(Linked, value)).toEqual([]);
    expect(matchesSchema(value)).toBe(true);
  });

  it.each<[object, [string, string]]>([
    ...[
      '',
      'example.com',
      '//example.com',
      'http://example.com',
      'HTTPS://example.com',
      'javascript:alert(1)',
      'https:example.com',
      'https:/example.com',
      'https://',
      'https:///path',
      'https://user:password@example.com',
      'https://user@example.com',
      'https://bücher.example',
      'https://example.com/ü',
      'https://example.com/a b',
      'https://example.com\\@evil.example',
      'https://example.com/%zz',
      'https://example.com/<script>',
      'https://example.com#a#b',
      ' https://example.com',
      'https://example.com\n',
      `https://example.com/${'a'.repeat(2048 - 19)}`,
    ].map((text): [object, [string, string]] => [{ link: text }, ['link', 'is_url']]),
    [{ link: null }, ['link', 'is_url']],
    [{ short: 'ftp://example.com' }, ['short', 'is_url']],
    [{ custom: 'webb+x://example.com' }, ['custom', 'is_url']],
    [{ custom: 'webbx://example.com' }, ['custom', 'is_url']],
    [{ custom: 'a+b://example.com' }, ['custom', 'is_url']],
    [{ short: 'javascript://example.com/%0Aalert(1)' }, ['short', 'is_url']],
    [{ short: `https://example.com/${'a'.repeat(11)}` }, ['short', 'is_url']],
  ])('rejects %j, as its schema does', async (value, expected) => {
    expect(await violationsOf(Linked, value)).toEqual([expected]);
    expect(matchesSchema(value)).toBe(false);
  });

  it.each<[object, [string, string]]>([
    [{ link: 'https://example.com:65536/' }, ['link', 'is_url']],
    [{ link: 'https://1.2.3.256/' }, ['link', 'is_url']],
  ])('rejects %p, which its schema cannot express', async (value, expected) => {
    expect((await violationsOf(Linked, value)).at(0)).toEqual(expected);
  });

  it.each(['link', 'short'])('has a pattern and a default example that RE2 and its schema accept: %s', (name) => {
    const { pattern, examples } = publishedRulesOf(Linked, name);

    expect(() => RE2JS.compile(pattern)).not.toThrow();
    expect(examples.every((example) => matchesSchema({ [name]: example }))).toBe(true);
  });

  it.each(['https:', 'HTTPS', 'a|b', '(', ''])('rejects the scheme %j', (protocol) => {
    expect(() => UrlField({ protocols: [protocol], description: 'A URL.' })).toThrow('is not a scheme');
  });
});

describe('UrlField of a query', () => {
  it.each<[object, object]>([[{ link: 'https://example.com/?a=b' }, { link: 'https://example.com/?a=b' }]])(
    'is parsed from %j',
    async (sent, read) => {
      expect(await validateInput(Linked, sent, fromText)).toEqual({ value: read, errors: [] });
    },
  );
});
