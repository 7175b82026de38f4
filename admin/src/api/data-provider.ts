import type { DataProvider, GetListParams, Identifier, RaRecord } from 'react-admin';
import { call } from './call.ts';
import { trailOf } from './cursors.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { changedFields, etagOf, toRecord } from './records.ts';
import { patch, remove } from './conditional-writes.ts';

/** A page of a list: `{ data, page }`, and of a list without pages: `{ data }`. */
interface ListBody {
  readonly data: RaRecord[];
  readonly page?: { readonly next: string | null; readonly hasMore: boolean };
}

/** Of a form; see kit/forms.tsx. */
function keysIn(meta: unknown): IdempotencyKeys | undefined {
  const keys: unknown = typeof meta === 'object' && meta !== null ? Reflect.get(meta, 'keys') : undefined;
  return keys instanceof IdempotencyKeys ? keys : undefined;
}

/**
 * React-admin on the API. A resource is a path below `/v1`, also a nested one: `users/{id}/sessions`. Lists have no total:
 * a page knows whether there is another one. Writes are sent with an Idempotency-Key and If-Match.
 */
async function getList(resource: string, params: GetListParams & { readonly signal?: AbortSignal }): Promise<List> {
  const { pagination = { page: 1, perPage: 25 }, sort, signal } = params;
  const filter: unknown = params.filter;
  const trail = trailOf(resource, params);
  const cursor = trail[pagination.page - 1];
  // A link to a page whose cursor this tab does not know: react-admin goes to the first page when a page is empty.
  if (pagination.page > trail.length) return { data: [], pageInfo: { hasNextPage: false, hasPreviousPage: true } };
  const query = { limit: pagination.perPage, cursor, sort: sortParameter(sort), ...(filter as object | undefined) };
  const { data: body } = await call<ListBody>({ path: resource, query, signal });
  const { next = null, hasMore = false } = body.page ?? {};
  if (next === null) trail.length = pagination.page;
  else trail[pagination.page] = next;
  return { data: body.data, pageInfo: { hasNextPage: hasMore, hasPreviousPage: pagination.page > 1 } };
}

interface List {
  readonly data: RaRecord[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
}

async function getOne(resource: string, id: Identifier, signal?: AbortSignal): Promise<RaRecord> {
  const { data, etag } = await call({ path: `${resource}/${String(id)}`, signal });
  return toRecord(data, etag);
}

/** `-createdAt` is descending. A list without a sort has the order that the API documents. */
function sortParameter(sort: GetListParams['sort']): string | undefined {
  if (sort === undefined || sort.field === 'id' || sort.field === '') return undefined;
  return sort.order === 'DESC' ? `-${sort.field}` : sort.field;
}

const provider = {
  supportAbortSignal: true,
  getList,
  getManyReference: async (resource: string, { id, target, filter, ...rest }: ReferenceParams) =>
    await getList(resource, { ...rest, filter: { ...filter, [target]: id } }),
  getOne: async (resource: string, { id, signal }: { id: Identifier; signal?: AbortSignal }) => ({
    data: await getOne(resource, id, signal),
  }),
  getMany: async (resource: string, { ids, signal }: { ids: Identifier[]; signal?: AbortSignal }) => ({
    data: await Promise.all(ids.map(async (id) => await getOne(resource, id, signal))),
  }),
  create: async (resource: string, { data, meta }: { data: unknown; meta?: unknown }) => {
    const { data: created, etag } = await call({ method: 'POST', path: resource, body: data, keys: keysIn(meta) });
    return { data: toRecord(created, etag) };
  },
  update: async (resource: string, { id, data, previousData, meta }: UpdateParams) => {
    const path = `${resource}/${String(id)}`;
    const before = etagOf(previousData) === undefined ? await getOne(resource, id) : previousData;
    const changes = changedFields(data, before);
    if (Object.keys(changes).length === 0) return { data: before };
    return { data: await patch({ path, before, changes, keys: keysIn(meta) ?? new IdempotencyKeys() }) };
  },
  updateMany: notOffered,
  delete: async (resource: string, { id, previousData, meta }: DeleteParams) => {
    const path = `${resource}/${String(id)}`;
    const before = etagOf(previousData) === undefined ? await getOne(resource, id) : previousData;
    await remove({ path, before, keys: keysIn(meta) ?? new IdempotencyKeys() });
    return { data: before };
  },
  deleteMany: notOffered,
};

interface ReferenceParams extends GetListParams {
  readonly target: string;
  readonly id: Identifier;
}

interface UpdateParams {
  readonly id: Identifier;
  readonly data: object;
  readonly previousData: RaRecord;
  readonly meta?: unknown;
}

interface DeleteParams {
  readonly id: Identifier;
  readonly previousData: RaRecord;
  readonly meta?: unknown;
}

/** Each write is one request, conditional on what was shown. */
async function notOffered(): Promise<never> {
  return await Promise.reject(new Error('The API has no writes of several resources'));
}

// The methods of DataProvider are generic over records; the API returns what the document describes.
export const dataProvider = provider as unknown as DataProvider;
