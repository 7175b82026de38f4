import { configuration } from '../configuration.ts';
import { contentDigest } from './content-digest.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { ApiError } from './problem.ts';
import { confirm, confirmRetry } from './prompts.ts';
import { adoptSession, session } from './session.ts';

type QueryValue = string | number | boolean | null | undefined;

/** A request below `/v1`, such as `{ method: 'POST', path: 'users/…/disable' }`. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Whether it changes nothing, so that its failure is shown in place; by default, whether it is a GET. */
  readonly isRead?: boolean;
  /** Members without a value are left out. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  /** Sent instead of a body, as its media type. It has a key only where browsers compute its digest. */
  readonly file?: Blob | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Of the form or button that sends it; without them a write has a key of its own. */
  readonly keys?: IdempotencyKeys | undefined;
}

export interface CallResult<T> {
  readonly data: T;
  readonly etag: string | undefined;
}

/**
 * Sends a request. A write continues after the user has confirmed who they are (step-up), logged in again or tried again
 * while the service was unavailable: it is repeated with the same key, and the form that sent it stays as it is.
 * @throws ApiError
 */
export async function call<T>(request: Call): Promise<CallResult<T>> {
  const { isRead = (request.method ?? 'GET') === 'GET' } = request;
  const keys = request.keys ?? new IdempotencyKeys();
  // The same for every attempt, also after another call of the form has succeeded.
  const digest = request.file && (await contentDigest(request.file));
  const hasKey = !isRead && (request.file === undefined || digest !== undefined);
  const key = hasKey ? keys.keyOf([request.path, request.query, digest ?? request.body]) : undefined;
  const headers = { ...request.headers, ...(digest !== undefined && { 'Content-Digest': digest }) };
  const result = await repeated(isRead, async () => await send<T>({ ...request, headers }, key));
  if (!isRead) keys.clear();
  return result;
}

/**
 * Reads a stream or a file, after a login if the session has ended.
 * @throws ApiError
 */
export async function openStream(request: Call): Promise<Response> {
  return await repeated(true, async () => await sendRequest(request));
}

async function repeated<T>(isRead: boolean, attemptOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce();
    } catch (error) {
      if (!(error instanceof ApiError) || !(await canRepeat(error, { isRead, attempt }))) throw error;
    }
  }
}

async function sendRequest({ method = 'GET', path, query = {}, file, ...rest }: Call, key?: string): Promise<Response> {
  const url = new URL(`v1/${path}`, configuration.serviceUrl);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') url.searchParams.set(name, String(value));
  }
  const headers = new Headers({ Accept: 'application/json', ...rest.headers });
  if (rest.body !== undefined) headers.set('Content-Type', 'application/json');
  if (key !== undefined) headers.set('Idempotency-Key', key);
  const body = file ?? (rest.body === undefined ? null : JSON.stringify(rest.body));
  const request = new Request(url, { method, headers, body, signal: rest.signal ?? null });
  const response = await session.send(request).catch((error: unknown) => {
    if (rest.signal?.aborted === true) throw error;
    throw ApiError.unreachable(error);
  });
  if (!response.ok) throw await ApiError.from(response);
  return response;
}

async function send<T>(request: Call, key: string | undefined): Promise<CallResult<T>> {
  const response = await sendRequest(request, key);
  const text = await response.text();
  // The tests of the service validate its responses against the document that the types are generated from.
  const data = (text === '' ? undefined : JSON.parse(text)) as T;
  return { data, etag: response.headers.get('ETag') ?? undefined };
}

async function canRepeat(error: ApiError, { isRead, attempt }: { isRead: boolean; attempt: number }): Promise<boolean> {
  if (error.problem.code === 'idempotency_in_progress') {
    // The other click of a double click: the response will be the same.
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfterSeconds ?? 1) * 1000));
    return true;
  }
  if (error.problem.code === 'reauthentication_required') return await confirm('step-up');
  if (error.status === 401) return (attempt === 1 && (await adoptSession())) || (await confirm('login'));
  // A list or a page shows its own failure, with a button.
  return error.isTemporary && !isRead && (await confirmRetry(error));
}
