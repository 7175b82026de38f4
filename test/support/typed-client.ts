import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { paths } from '../../client/api.d.ts';
import type { Api, Login } from './api.ts';
import { judgedFetch } from './judged-fetch.ts';

export type TypedClient = Client<paths>;

/** The client of a front end, as nobody or as somebody. A reply that the document does not say is an error. */
export async function typedClient(api: Api, login?: Login): Promise<TypedClient> {
  const headers: Record<string, string> = {};
  if (login !== undefined) headers['Authorization'] = `Bearer ${(await api.tokensOf(login)).accessToken}`;
  return createClient<paths>({ baseUrl: api.baseUrl, headers, fetch: judgedFetch });
}
