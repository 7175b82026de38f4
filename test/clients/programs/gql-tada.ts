import { print } from '@0no-co/graphql.web';
import type { TadaDocumentNode } from 'gql.tada';
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from '../generated/gql-tada/graphql-env.d.ts';
import type { Outcome, Setting } from './outcome.ts';
import { poll, report, unknownId } from './outcome.ts';

/** GraphQL has no fields for a login and for API keys: the client sends these requests to the API. */

const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string; JSON: unknown } }>();

/** Members of a problem, the extensions of an error. */
interface ErrorExtensions {
  readonly code: string;
  readonly status: number;
  readonly errors?: readonly { readonly pointer?: string }[];
}

/** A result whose fields may be null, with the problem of the first one that failed. */
interface Executed<Data> {
  readonly data?: Data | null;
  readonly error?: ErrorExtensions;
}

const users = graphql('query { users(first: 5) { edges { node { id email } } } }');
const userById = graphql('query ($id: ID!) { user(id: $id) { email } }');
const createJob = graphql('mutation ($input: CreateJobInput!) { createJob(input: $input) { id } }');
const jobById = graphql('query ($id: ID!) { job(id: $id) { type state result } }');

type Headers = Readonly<Record<string, string>>;

async function post<Body>(url: string, body: object, headers: Headers = {}): Promise<Body> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Body;
}

/** Executes documents with these credentials; their results and variables have the types of the schema. */
function clientOf(baseUrl: string, credentials: Headers) {
  return async <Data, Variables extends object>(
    document: TadaDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Executed<Data>> => {
    const content = { query: print(document), variables };
    const { data, errors } = await post<{
      data?: Data | null;
      errors?: readonly { extensions: ErrorExtensions }[];
    }>(`${baseUrl}/graphql`, content, credentials);
    const [first] = errors ?? [];
    return { ...(data !== undefined && { data }), ...(first !== undefined && { error: first.extensions }) };
  };
}

async function run({ baseUrl, email, password, code }: Setting): Promise<Outcome> {
  const { mfaToken } = await post<{ mfaToken: string }>(`${baseUrl}/v1/auth/login`, { email, password });
  const { accessToken } = await post<{ accessToken: string }>(`${baseUrl}/v1/auth/mfa/verify`, {
    mfaToken,
    method: 'totp',
    code,
  });
  const session = { Authorization: `Bearer ${accessToken}` };
  const execute = clientOf(baseUrl, session);

  const page = await execute(users, {});
  const nodes = page.data?.users?.edges.map(({ node }) => node) ?? [];
  const id = nodes[0]?.id ?? '';
  const read = await execute(userById, { id });
  const { key } = await post<{ key: string }>(
    `${baseUrl}/v1/auth/api-keys`,
    { name: 'Client', scopes: ['users:read'] },
    session,
  );
  const readByKey = await clientOf(baseUrl, { 'X-API-Key': key })(userById, { id });
  const missing = await execute(userById, { id: unknownId });

  const type = 'users.export';
  const refused = await execute(createJob, { input: { type, payload: { format: 'csv', role: '' } } });
  const created = await execute(createJob, { input: { type, payload: { format: 'csv' } } });
  const job = await poll(async () => {
    const { data } = await execute(jobById, { id: created.data?.createJob?.id ?? '' });
    return data?.job?.state === 'succeeded' ? data.job : undefined;
  });

  return {
    emails: nodes.map((node) => node.email),
    read: read.data?.user?.email ?? '',
    readByKey: readByKey.data?.user?.email ?? '',
    missing: { code: missing.error?.code ?? '', status: missing.error?.status ?? 0 },
    refused: {
      code: refused.error?.code ?? '',
      pointers: refused.error?.errors?.map(({ pointer = '' }) => pointer) ?? [],
    },
    job: { type: job.type, rows: (job.result as { readonly rows: number }).rows },
  };
}

await report(run);
