import fc from 'fast-check';
import type { DocumentedParameter, PlacedOperation } from '../../harness/openapi/api-document.ts';
import { contentOf } from './body-generators.ts';
import type { Field } from './headers.ts';
import { callers, headerOf, none, oddFields } from './headers.ts';
import { anyText, mostly } from './edge-cases.ts';
import { encoded, pathOf, queryOf, strayTargets } from './targets.ts';

/** A request whose names in braces are still to be replaced (fuzz-fixtures.ts). */
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

/** The page that an earlier response links to, requested by the caller who received that response. */
export const nextPages: fc.Arbitrary<Draft> = fc.nat(997).map((at) => ({
  method: 'GET',
  target: `{{next:${at}}}`,
  headers: [['Authorization', `Bearer {{nextToken:${at}}}`]],
  body: undefined,
  bytes: [],
  times: 1,
}));

function joined([prefix, text]: readonly [string, string]): string {
  return prefix + encoded(text);
}
