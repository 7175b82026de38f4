import fc from 'fast-check';
import type { DocumentedParameter, PlacedOperation } from '../../test/support/api-document.ts';
import { operations } from '../../test/support/api-document.ts';
import { anyFieldValue, anyText, oddTexts } from './odd.ts';
import { asText, jsonText, named, numberTexts, odd, oddObject, valid } from './values.ts';

/** A request whose names in braces still have to be filled in (cast.ts). */
export interface Draft {
  readonly method: string;
  /** Path and query, as they go over the wire. */
  readonly target: string;
  readonly headers: readonly Field[];
  readonly body: string | undefined;
  /** Bytes that no text has, put in the middle of the body. */
  readonly bytes: readonly number[];
  /** How often it is sent at the same time. */
  readonly times: number;
}

/** Name and value of a header. */
export type Field = readonly [name: string, value: string];

type Fields = fc.Arbitrary<readonly Field[]>;

interface Content {
  readonly type: readonly Field[];
  readonly body: string | undefined;
  readonly bytes: readonly number[];
}

const json: readonly Field[] = [['Content-Type', 'application/json']];
const nothing: Content = { type: [], body: undefined, bytes: [] };

/** Mostly the first, now and then the second. */
function mostly<T>(weight: number, usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: unusual });
}

const none: Fields = fc.constant([]);
const fieldOf = (name: string, value: fc.Arbitrary<string>): Fields => value.map((text) => [[name, text]]);

const callers: Fields = fc.oneof(
  { weight: 2, arbitrary: none },
  { weight: 5, arbitrary: fieldOf('Authorization', named('userToken').map(bearer)) },
  { weight: 8, arbitrary: fieldOf('Authorization', named('adminToken').map(bearer)) },
  {
    weight: 1,
    arbitrary: fieldOf(
      'Authorization',
      fc.oneof(
        fc.constantFrom(
          'Bearer',
          'Bearer ',
          'bearer x',
          'Basic YTpi',
          'Bearer a.b.c',
          'Bearer {{userToken:0}}x',
          'Bearer e30.e30.',
        ),
        named('userToken').map((token) => `bearer ${token}`),
        anyFieldValue,
      ),
    ),
  },
);

const tags = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('*', '"1"', '"2"') },
  { weight: 1, arbitrary: fc.constantFrom('"99"', '"2147483648"', 'W/"1"', '"1", "2", "3"', '1') },
  { weight: 2, arbitrary: named('tag') },
  { weight: 1, arbitrary: anyFieldValue },
);

const keys = fc.oneof(
  { weight: 2, arbitrary: named('key') },
  { weight: 6, arbitrary: fc.uuid() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"quoted"',
      '"a\\"b"',
      'k'.repeat(255),
      'k'.repeat(256),
      '"',
      '""',
      '"ü"',
      'a b',
      ';a=1',
    ),
  },
  { weight: 1, arbitrary: anyFieldValue },
);

/** What documented headers may say, by name. */
const documentedFields: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'Idempotency-Key': keys,
  'If-Match': tags,
  'If-None-Match': tags,
  Prefer: fc.constantFrom('return=total-count', 'return="total-count"; a=b', 'respond-async', 'return=', ',,'),
  'Last-Event-ID': fc.constantFrom('0', '1', '3', '-1', 'x', '', '1e3', '99999999999999999999', '2147483648'),
};

/** Headers that the operation may not know. */
const oddFields: Fields = fc
  .array(
    fc.oneof(
      ...Object.entries(documentedFields).map(([name, value]) => fieldOf(name, value)),
      fieldOf(
        'X-Request-Id',
        fc.oneof(fc.constantFrom('a', 'a b', 'x'.repeat(64), 'x'.repeat(65), '../..'), anyFieldValue),
      ),
      fieldOf(
        'traceparent',
        fc.constantFrom('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '00-0-0-0', 'ff-', ''),
      ),
      fieldOf('tracestate', anyFieldValue),
      fieldOf('Accept', fc.constantFrom('*/*', 'text/html', 'text/event-stream', 'application/xml;q=0.1', 'a/b/c', '')),
      fieldOf('Accept-Encoding', fc.constantFrom('gzip, br', 'identity;q=0', '*')),
      fieldOf('Accept-Language', fc.constantFrom('de', '*', 'x'.repeat(500))),
      fieldOf('Origin', fc.constantFrom('https://app.example.com', 'null', 'http://[', '*')),
      fieldOf('Range', fc.constantFrom('bytes=0-0', 'bytes=5-1', 'lines=1')),
      fieldOf('If-Modified-Since', fc.constantFrom('Thu, 01 Jan 1970 00:00:00 GMT', 'yesterday')),
      fieldOf('X-Forwarded-For', fc.constantFrom('127.0.0.1', '::1', '999.1.1.1', 'a, b', '')),
      fieldOf('X-HTTP-Method-Override', fc.constantFrom('DELETE', 'GET')),
      fieldOf('User-Agent', anyFieldValue),
      fieldOf('Cookie', anyFieldValue),
      fieldOf('Expect', fc.constantFrom('100-continue', 'tea')),
      fieldOf('X-API-Key', anyFieldValue),
      fieldOf('X-Big', fc.constant('x'.repeat(20_000))),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((fields) => fields.flat());

/** Requests for this operation: as the document wants them, and otherwise. */
export function requestsFor(operation: PlacedOperation): fc.Arbitrary<Draft> {
  const { method, parameters = [] } = operation;
  const own = (place: string): DocumentedParameter[] => parameters.filter((parameter) => parameter.in === place);
  return fc
    .record({
      method: method === 'GET' ? mostly(7, fc.constant('GET'), fc.constant('HEAD')) : fc.constant(method),
      path: pathOf(operation),
      query: queryOf(own('query')),
      caller: callers,
      own: fc.tuple(...own('header').map(headerOf)),
      odd: mostly(4, none, oddFields),
      content: contentOf(operation),
      times: mostly(30, fc.constant(1), fc.constant(2)),
    })
    .map(({ path, query, caller, own: read, odd: more, content, ...rest }) => ({
      ...rest,
      target: path + query,
      headers: [...caller, ...read.flat(), ...content.type, ...more],
      body: content.body,
      bytes: content.bytes,
    }));
}

/** Requests that reach no operation, or none of the document's. */
export const strayRequests: fc.Arbitrary<Draft> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'),
    target: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...strayTargets()) },
      {
        weight: 2,
        arbitrary: fc.tuple(fc.constantFrom('/v1/', '/problems/', '/docs/', '/account/', '/'), anyText).map(joined),
      },
    ),
    headers: fc.tuple(callers, mostly(2, none, oddFields)).map((fields) => fields.flat()),
    body: fc.constantFrom(undefined, undefined, '{}', '['),
  })
  .map((draft) => ({ ...draft, bytes: [], times: 1 }));

/** The page that an earlier reply led to, asked for by who got that reply. */
export const nextPages: fc.Arbitrary<Draft> = fc.nat(997).map((at) => ({
  method: 'GET',
  target: `{{next:${at}}}`,
  headers: [['Authorization', `Bearer {{nextToken:${at}}}`]],
  body: undefined,
  bytes: [],
  times: 1,
}));

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function joined([prefix, text]: readonly [string, string]): string {
  return prefix + encoded(text);
}

function strayTargets(): string[] {
  const known = operations.map(({ path }) => path.replace('{name}', 'default').replace(/\{\w+\}/, '{{user:1}}'));
  const pages = [
    '/',
    '/docs',
    '/docs/',
    '/docs/openapi.json',
    '/docs/openapi.yaml',
    '/problems',
    '/problems/not-found',
    '/account/verify-email',
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

function pathOf({ path }: PlacedOperation): fc.Arbitrary<string> {
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

function queryOf(parameters: readonly DocumentedParameter[]): fc.Arbitrary<string> {
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

function headerOf({ name, required, schema }: DocumentedParameter): Fields {
  const usual = documentedFields[name] ?? valid(schema).map(String);
  const sent = mostly(
    40,
    fieldOf(name, usual),
    usual.map((text): Field[] => [
      [name, text],
      [name, 'again'],
    ]),
  );
  return required === true ? mostly(9, sent, none) : mostly(1, sent, none);
}

function contentOf({ method, requestBody }: PlacedOperation): fc.Arbitrary<Content> {
  const schema = requestBody?.content['application/json'].schema;
  if (schema === undefined) {
    return mostly(
      method === 'GET' ? 30 : 8,
      fc.constant(nothing),
      fc.oneof(fc.constant({ type: json, body: '{}', bytes: [] }), oddTypes('{}')),
    );
  }
  const good = valid(schema).map(jsonText);
  const bad = oddObject(schema).map(jsonText);
  return fc.oneof(
    { weight: 6, arbitrary: good.map(asContent) },
    { weight: 4, arbitrary: bad.map(asContent) },
    { weight: 2, arbitrary: fc.oneof(good, bad).chain(spoilt) },
    { weight: 1, arbitrary: good.chain(oddTypes) },
  );
}

function asContent(body: string): Content {
  return { type: json, body, bytes: [] };
}

/** Text that is no JSON, or not what it seems. */
function spoilt(text: string): fc.Arbitrary<Content> {
  const [first = '"email"'] = /"(?:[^"\\]|\\.)*"/.exec(text) ?? [];
  const nested = (depth: number, inner: string): string => '['.repeat(depth) + inner + ']'.repeat(depth);
  return fc.oneof(
    fc.nat(Math.max(text.length - 1, 0)).map((end) => asContent(text.slice(0, end))),
    fc
      .constantFrom(
        ...[
          '',
          ' ',
          'null',
          'true',
          '0',
          '-',
          '"x"',
          '[]',
          '[[]]',
          '{}',
          '{',
          '}',
          '{"a"}',
          "{'a':1}",
          '{"a":1,}',
          'NaN',
          '{"a":01}',
        ],
        ...[`${text}x`, `${text}${text}`, `\ufeff${text}`, `// c\n${text}`, ` ${text}\n`, `[${text}]`],
        ...[
          `{${first}:1,${text.slice(1)}`,
          `{"__proto__":{"a":1},${text.slice(1)}`,
          `{"constructor":{"prototype":{}},${text.slice(1)}`,
        ],
        ...[
          `{"\\u005f_proto__":1}`,
          nested(31, '1'),
          nested(33, '1'),
          nested(5000, ''),
          `{"payload":${nested(40, '1')}}`,
        ],
        ...[
          `{"payload":{"a":"${'x'.repeat(66_000)}"},"type":"users.export"}`,
          `{"a":"${'x'.repeat(270_000)}"}`,
          '"\u0000"',
        ],
        ...[`{"email":"\\ud800@example.com"}`, '{"a":1e999}', '{"a":123456789012345678901234567890}', '{"\\u0000":1}'],
      )
      .map(asContent),
    fc
      .constantFrom([0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x00])
      .map((bytes) => ({ ...asContent(text), bytes })),
  );
}

function oddTypes(body: string): fc.Arbitrary<Content> {
  return fc
    .constantFrom<readonly Field[]>(
      [],
      ...[
        'text/plain',
        'text/csv',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'application/merge-patch+json',
      ].map(typed),
      ...[
        'application/json; charset=utf-8',
        'application/json;charset=utf-16',
        'application/json;;',
        'application/json, text/plain',
      ].map(typed),
      ...[
        'APPLICATION/JSON',
        'application/jsonx',
        'application/problem+json',
        '',
        '/',
        '*/*',
        'a',
        '\xff',
        'x'.repeat(300),
      ].map(typed),
      [...json, ['Content-Encoding', 'gzip']],
      [...json, ['Content-Encoding', 'identity']],
      [...json, ...json],
    )
    .map((type) => ({ type, body, bytes: [] }));
}

function typed(text: string): readonly Field[] {
  return [['Content-Type', text]];
}

/** As a path or a query carries it: percent-escapes, also of what is no character; names in braces stay as they are. */
function encoded(text: string): string {
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
