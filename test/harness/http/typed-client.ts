import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { paths } from '../../../client/api.d.ts';
import type { Api, UserCredentials } from './api.ts';
import { validatingFetch } from '../openapi/validating-fetch.ts';

export type TypedClient = Client<paths>;

/** The client of a front end, with or without a user. An undocumented response is an error. */
export async function typedClient(api: Api, login?: UserCredentials): Promise<TypedClient> {
  const headers: Record<string, string> = {};
  if (login !== undefined) headers['Authorization'] = `Bearer ${(await api.tokensOf(login)).accessToken}`;
  return createClient<paths>({ baseUrl: api.baseUrl, headers, fetch: validatingFetch });
}
