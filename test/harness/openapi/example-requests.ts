import type { PlacedOperation } from './api-document.ts';
import type { Api } from '../http/api.ts';
import { operationAt, operations, requestContentOf } from './api-document.ts';
import { validatingFetch } from './validating-client.ts';

/** Differences of a request from the example of the document. */
export interface ExampleRequest {
  readonly baseUrl: string;
  readonly token: string | undefined;
  readonly apiKey?: string;
  readonly query?: string;
  readonly mediaType?: string;
  /** Name of a header that is omitted. */
  readonly without?: string;
  readonly body?: string;
}

export interface ExampleResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The input of the operation that reads only the refresh token cookie, which the document cannot give an example of. */
const unknownCookie = { Cookie: `rt=rt_${'A'.repeat(43)}`, 'Sec-Fetch-Site': 'same-origin' };

/** Sends the document's examples, with ids that do not exist. */
export async function sendExample(
  { method, path, ...operation }: PlacedOperation,
  { baseUrl, token, apiKey, query = requiredQuery(operation), mediaType, without, ...changes }: ExampleRequest,
): Promise<ExampleResponse> {
  const content = requestContentOf(operation);
  const body = changes.body ?? textOf(content?.example);
  const all = {
    'If-Match': '*',
    ...(operation.operationId === 'getCsrfToken' ? unknownCookie : {}),
    ...(body === undefined ? {} : { 'Content-Type': mediaType ?? content?.mediaType ?? 'application/json' }),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(apiKey === undefined ? {} : { 'X-API-Key': apiKey }),
  };
  const sent = new Headers(Object.entries(all).filter(([name]) => name !== without));
  const target = path.replace('{name}', 'none').replaceAll(/\{\w+\}/g, '01938c5e-7a80-7000-8000-3f2d6c1b9a04');
  const reply = await validatingFetch(
    new Request(`${baseUrl}${target}${query}`, { method, headers: sent, ...(body === undefined ? {} : { body }) }),
  );
  const text = await reply.text();
  return {
    status: reply.status,
    headers: Object.fromEntries(reply.headers),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** The example of text is the text itself. */
function textOf(example: unknown): string | undefined {
  return typeof example === 'string' || example === undefined ? example : JSON.stringify(example);
}

/** The examples of the query parameters without which an operation is refused. */
function requiredQuery({ parameters = [] }: Pick<PlacedOperation, 'parameters'>): string {
  const required = parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true);
  const examples = new URLSearchParams();
  for (const { name, schema } of required) examples.set(name, String((schema['examples'] as unknown[])[0]));
  return examples.size === 0 ? '' : `?${examples.toString()}`;
}

/**
 * Fills ids into a path (`/v1/lists/{listId}/items/:itemId`): creates the resources with the examples of the document,
 * the outer ones first, as their owner.
 */
export async function withCreatedIds(path: string, owner: Api): Promise<string> {
  const [parameter, collection = ''] = /^(.*?)\/(?::\w+|\{\w+\})/.exec(path) ?? [];
  if (parameter === undefined) return path;
  const example = requestContentOf(operationAt('POST', collection) ?? {})?.example;
  if (example === undefined)
    throw new Error(`No operation creates a resource at ${collection}: this test has to do it`);
  const { id } = (await owner.post(collection, example)).body as { readonly id: string };
  return await withCreatedIds(`${collection}/${id}${path.slice(parameter.length)}`, owner);
}

type Named = readonly [name: string, operation: PlacedOperation];

/** The operations that match, by name. */
export function operationsWhere(which: (operation: PlacedOperation) => boolean = () => true): Named[] {
  return operations.filter(which).map((operation) => [operation.operationId, operation]);
}
