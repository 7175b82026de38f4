import fc from 'fast-check';
import type { DocumentedParameter, PlacedOperation } from '../../harness/openapi/api-document.ts';
import { operations } from '../../harness/openapi/api-document.ts';
import { anyText, mostly, oddTexts } from './edge-cases.ts';
import { asText, named, numberTexts, odd, valid } from './values.ts';

/** Paths without an operation in the document, pages, and operations to be sent with other methods. */
export function strayTargets(): string[] {
  const known = operations.map(({ path }) => path.replace('{name}', 'default').replaceAll(/\{\w+\}/g, '{{user:1}}'));
  const pages = [
    '/',
    '/docs',
    '/docs/',
    '/docs/openapi.json',
    '/docs/openapi.yaml',
    '/problems',
    '/problems/not-found',
    '/account/verify-email',
    '/account/login',
    '/account/register',
    '/account/second-factor',
    '/account/provider-login',
    '/account/password-check',
    '/account/logout',
  ];
  const others = [
    '/v1',
    '/v1/',
    '/v1/users/',
    '/V1/users',
    '/v1//users',
    '/v2/users',
    '//v1/users',
    '/v1/users/me/',
    '/health/live',
    '/metrics',
  ];
  const bad = [
    '/v1/%',
    '/v1/%zz',
    '/%c0%ae%c0%ae/etc/passwd',
    '/v1/users/%00',
    '/docs/../../package.json',
    '/docs/%2e%2e/x',
    '/*',
    '/v1/users;a=b',
    '/dev/mailbox',
  ];
  return [...known, ...pages, ...others, ...bad];
}

/** The path of an operation, for something that is there or not. */
export function pathOf({ path }: PlacedOperation): fc.Arbitrary<string> {
  const [before = '', ...rest] = path.split(/\{\w+\}/);
  if (rest.length === 0) return fc.constant(path);
  const pool = /^\/v1\/(users|jobs|job-schedules)\//.exec(before)?.[1];
  const real = pool === undefined ? fc.constantFrom('default', 'heavy') : named(pools[pool] ?? 'user');
  const id = fc.oneof(
    { weight: 8, arbitrary: real },
    { weight: 1, arbitrary: fc.uuid() },
    { weight: 1, arbitrary: named('user').map((name) => name.replace('user', 'USER')) },
    {
      weight: 1,
      arbitrary: mostly(
        2,
        anyText.map(encoded),
        fc.constantFrom('%', '%zz', '%00', '%ED%A0%80', '..', '%2e', 'me', '~', '%2F'),
      ),
    },
  );
  return id.map((text) => before + text + rest.join(text));
}

const pools: Readonly<Record<string, string>> = { users: 'user', jobs: 'job', 'job-schedules': 'schedule' };

/** A query with some of these parameters, and now and then others. */
export function queryOf(parameters: readonly DocumentedParameter[]): fc.Arbitrary<string> {
  const pairs = parameters.map((parameter) => {
    const value = fc.oneof(
      { weight: 12, arbitrary: validText(parameter) },
      { weight: 1, arbitrary: oddValue(parameter) },
    );
    return mostly(
      1,
      fc.constant<string[]>([]),
      value.map((text) => [`${parameter.name}=${text}`]),
    );
  });
  const stray = fc
    .tuple(fc.oneof(anyText, fc.constantFrom('limit[]', 'limit[a]', 'a.b')), anyText)
    .map(([name, text]) => [`${encoded(name)}=${encoded(text)}`]);
  const raw = fc.constantFrom(
    '%',
    'a=%zz',
    '&&',
    '=',
    'a',
    '%00=1',
    'limit=1&limit=2',
    '__proto__[a]=1',
    'sort',
    'cursor=a%ED%A0%80',
    '?',
    'a=+%20',
  );
  const more = mostly(
    12,
    fc.constant<string[]>([]),
    fc.oneof(
      stray,
      raw.map((text) => [text]),
    ),
  );
  return fc.tuple(...pairs, more).map((parts) => (parts.flat().length === 0 ? '' : `?${parts.flat().join('&')}`));
}

function validText({ name, schema }: DocumentedParameter): fc.Arbitrary<string> {
  if (name === 'cursor') return named('cursor');
  return valid(schema).map((value) => encoded(asText(value)));
}

function oddValue({ name, schema }: DocumentedParameter): fc.Arbitrary<string> {
  const other = fc.oneof(odd(schema).map(asText), numberTexts, fc.constantFrom(...oddTexts)).map(encoded);
  if (name !== 'cursor') return other;
  // A cursor with something behind it, without its end, or with another beginning.
  return fc.oneof(
    other,
    fc
      .tuple(fc.constantFrom('', 'A', '_'), named('cursor'), fc.constantFrom('', 'A', '=', '.'))
      .map((parts) => parts.join('')),
  );
}

/** As a path or a query carries it: percent-escapes, also of what is no character; names in braces stay as they are. */
export function encoded(text: string): string {
  return text
    .split(/(\{\{\w+:\d+\}\})/)
    .map((part, at) => (at % 2 === 1 ? part : escaped(part)))
    .join('');
}

function escaped(text: string): string {
  const bytes = Array.from(text, (character) => {
    if (/^[A-Za-z0-9._~-]$/.test(character)) return character;
    const lone = character.length === 1 && /[\ud800-\udfff]/.test(character);
    const utf8 = lone
      ? [0xed, 0x80 | ((character.charCodeAt(0) >> 6) & 0x3f), 0x80 | (character.charCodeAt(0) & 0x3f)]
      : Buffer.from(character);
    return [...utf8].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  });
  return bytes.join('');
}
