import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { PlacedOperation, RequestContent } from '../../harness/openapi/api-document.ts';
import { requestContentOf, takesJson } from '../../harness/openapi/api-document.ts';
import type { Field } from './headers.ts';
import { anyText, mostly } from './edge-cases.ts';
import { jsonText, oddObject, valid } from './values.ts';

/** A body and the headers that describe it. */
export interface Content {
  readonly type: readonly Field[];
  readonly body: string | undefined;
  readonly bytes: readonly number[];
}

const json: readonly Field[] = [['Content-Type', 'application/json']];
const nothing: Content = { type: [], body: undefined, bytes: [] };

/** Content that is sent to an operation: as the document describes it, and otherwise. */
export function contentOf(operation: PlacedOperation): fc.Arbitrary<Content> {
  const content = requestContentOf(operation);
  if (content === undefined) {
    return mostly(
      operation.method === 'GET' ? 30 : 8,
      fc.constant(nothing),
      fc.oneof(fc.constant({ type: json, body: '{}', bytes: [] }), oddTypes('{}')),
    );
  }
  if (!takesJson(operation)) return textContent(content);
  const good = valid(content.schema).map(jsonText);
  const bad = oddObject(content.schema).map(jsonText);
  return fc.oneof(
    { weight: 6, arbitrary: good.map(asContent) },
    { weight: 4, arbitrary: bad.map(asContent) },
    { weight: 2, arbitrary: fc.oneof(good, bad).chain(spoilt) },
    { weight: 1, arbitrary: good.chain(oddTypes) },
  );
}

/** Text of a media type: the example of the document, the same with other characters, and anything else. */
function textContent({ mediaType, example }: RequestContent): fc.Arbitrary<Content> {
  const text = String(example);
  const part = fc.constantFrom('"', '""', ',', '\n', '\r\n', '\u0000', '\ufeff', '=', 'ü', 'x'.repeat(20_000));
  const spoiltText = fc.tuple(fc.nat(text.length), part).map(([at, more]) => text.slice(0, at) + more + text.slice(at));
  const lines = fc
    .array(anyText, { maxLength: 20 })
    .map((cells) => `${text.split('\n', 1)[0] ?? ''}\n${cells.join('\n')}`);
  const body = fc.oneof(
    { weight: 2, arbitrary: fc.constant(text) },
    { weight: 4, arbitrary: spoiltText },
    { weight: 2, arbitrary: lines },
    { weight: 1, arbitrary: fc.constantFrom('', '\n', text.slice(0, 5), 'x'.repeat(300_000)) },
  );
  const bytes = mostly<readonly number[]>(8, fc.constant([]), fc.constantFrom([0xff], [0xed, 0xa0, 0x80], [0x00]));
  const digest = fc.constantFrom<(body: string) => readonly Field[]>(
    () => [],
    digestOf,
    () => digestOf('other'),
  );
  return fc
    .tuple(
      body.chain((chosen) => mostly(8, fc.constant(asText(chosen, mediaType)), oddTypes(chosen))),
      bytes,
      digest,
    )
    .map(([content, inserted, digestFor]) => ({
      ...content,
      type: [...content.type, ...digestFor(content.body ?? '')],
      bytes: inserted,
    }));
}

function asText(body: string, mediaType: string): Content {
  return { type: typed(mediaType), body, bytes: [] };
}

function digestOf(body: string): readonly Field[] {
  return [['Content-Digest', `sha-256=:${createHash('sha256').update(body).digest('base64')}:`]];
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
