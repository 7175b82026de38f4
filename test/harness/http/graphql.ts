import type { Api } from './api.ts';

/** An error of a GraphQL response, with the problem as its extensions. */
export interface GraphqlProblem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface GraphqlResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors: readonly GraphqlProblem[];
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
}

/** Sends a document as the user of this API. */
export async function graphql(
  api: Api,
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  sent: Readonly<Record<string, string>> = {},
): Promise<GraphqlResponse> {
  const { status, headers, body } = await api.post('/graphql', { query, ...(variables && { variables }) }, sent);
  const { data, errors = [], extensions } = body as Partial<GraphqlResponse>;
  return { status, headers, data, errors, extensions };
}
