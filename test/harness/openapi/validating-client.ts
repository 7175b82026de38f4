import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { paths } from '../../../client/api.d.ts';
import type { Api, UserCredentials } from '../http/api.ts';
import { bearerOf } from '../http/mfa-flows.ts';
import { assertMatchesOpenApi } from './openapi-assertions.ts';

/** `fetch` that throws on an undocumented response. */
export async function validatingFetch(request: Request): Promise<Response> {
  const reply = await fetch(request);
  const text = await reply.clone().text();
  const { pathname, search } = new URL(request.url);
  assertMatchesOpenApi({
    method: request.method,
    target: `${pathname}${search}`,
    accept: request.headers.get('accept') ?? undefined,
    status: reply.status,
    headers: Object.fromEntries(reply.headers),
    body: /json/.test(reply.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined,
    text,
  });
  return reply;
}

type TypedClient = Client<paths>;

/** The client of a front end, with or without a user. An undocumented response is an error. */
export async function typedClient(api: Api, login?: UserCredentials): Promise<TypedClient> {
  return typedClientWith(api, login && bearerOf(await api.tokensOf(login)));
}

/** The same with other credentials. */
export function typedClientWith(api: Api, headers: Readonly<Record<string, string>> = {}): TypedClient {
  return createClient<paths>({ baseUrl: api.baseUrl, headers, fetch: validatingFetch });
}
