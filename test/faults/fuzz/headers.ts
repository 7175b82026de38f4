import fc from 'fast-check';
import type { DocumentedParameter } from '../../harness/openapi/api-document.ts';
import { anyFieldValue, mostly } from './edge-cases.ts';
import { named, valid } from './values.ts';

/** Name and value of a header. */
export type Field = readonly [name: string, value: string];

type Fields = fc.Arbitrary<readonly Field[]>;

/** No header. */
export const none: Fields = fc.constant([]);
const fieldOf = (name: string, value: fc.Arbitrary<string>): Fields => value.map((text) => [[name, text]]);

/** The Authorization header of the caller, or none. */
export const callers: Fields = fc.oneof(
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

/** Values of documented headers, by name. */
const documentedFields: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'Idempotency-Key': keys,
  'If-Match': tags,
  'If-None-Match': tags,
  Prefer: fc.constantFrom('return=total-count', 'return="total-count"; a=b', 'respond-async', 'return=', ',,'),
  'Last-Event-ID': fc.constantFrom('0', '1', '3', '-1', 'x', '', '1e3', '99999999999999999999', '2147483648'),
};

/** Headers that the operation may not know. */
export const oddFields: Fields = fc
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

/** A documented header, mostly as it is wanted, if at all. */
export function headerOf({ name, required, schema }: DocumentedParameter): Fields {
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

function bearer(token: string): string {
  return `Bearer ${token}`;
}
