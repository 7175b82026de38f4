import type { components } from '../../../client/api.d.ts';

export type Problem = components['schemas']['Problem'];

/** A response of the service that is a failure, or no response (`status` 0). React-admin reads `status` and `body`. */
export class ApiError extends Error {
  readonly status: number;
  /** The messages of a form by the names of its fields. */
  readonly body: { readonly errors?: Readonly<Record<string, string>> };

  constructor(
    readonly problem: Pick<Problem, 'title' | 'status' | 'detail' | 'errors'> & { readonly code: string },
    /** Of the failed request, for the operator; undefined when there was no response. */
    readonly requestId: string | undefined,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.status = problem.status;
    this.body = problem.errors === undefined ? {} : { errors: errorsByField(problem.errors) };
  }

  /** Whether the same request may succeed later: overload, a dependency that is unavailable, no network. */
  get isTemporary(): boolean {
    return [0, 429, 502, 503, 504].includes(this.status);
  }

  static async from(response: Response): Promise<ApiError> {
    const requestId = response.headers.get('X-Request-Id') ?? undefined;
    const seconds = Number(response.headers.get('Retry-After') ?? NaN);
    return new ApiError(await problemIn(response), requestId, Number.isNaN(seconds) ? undefined : seconds);
  }

  /** The request did not reach the service, or its response was lost. */
  static unreachable(cause: unknown): ApiError {
    const detail = navigator.onLine
      ? 'No response was received. The service may be restarting.'
      : 'This device is offline. What you typed is kept.';
    const error = new ApiError(
      { title: 'The service cannot be reached', status: 0, detail, code: 'unreachable' },
      undefined,
      undefined,
    );
    error.cause = cause;
    return error;
  }
}

/** Any thrown value as an error that can be shown. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiError({ title: 'Unexpected error', status: -1, detail, code: 'unexpected' }, undefined, undefined);
}

async function problemIn(response: Response): Promise<Problem> {
  const type = response.headers.get('Content-Type') ?? '';
  if (type.startsWith('application/problem+json')) return (await response.json()) as Problem;
  // A proxy in front of the service responded.
  const title = `The server responded with status ${response.status}`;
  return { type: 'about:blank', title, status: response.status, instance: '', code: 'internal' as Problem['code'] };
}

/**
 * `#/payload/format` belongs to the field `payload.format`, `#/roles/0` to the list `roles`; a violation of the whole body
 * is shown above the form.
 */
function errorsByField(errors: NonNullable<Problem['errors']>): Record<string, string> {
  const byField: Record<string, string> = {};
  for (const { pointer = '', parameter, header, detail } of errors) {
    const field = fieldOf(pointer) ?? parameter ?? header ?? 'root.serverError';
    byField[field] = byField[field] === undefined ? sentence(detail) : `${byField[field]} ${sentence(detail)}`;
  }
  return byField;
}

function fieldOf(pointer: string): string | undefined {
  const [, ...members] = decodeURIComponent(pointer)
    .split('/')
    .map((member) => member.replaceAll('~1', '/').replaceAll('~0', '~'));
  const entry = members.findIndex((member) => /^\d+$/.test(member));
  const path = entry === -1 ? members : members.slice(0, entry);
  return path.length === 0 ? undefined : path.join('.');
}

function sentence(detail: string): string {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
