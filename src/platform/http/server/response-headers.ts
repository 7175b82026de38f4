/** The characters of a field value (RFC 9110 §5.5) except tabs. */
export const fieldValue = '^[\\x20-\\x7e\\x80-\\xff]*$';

const text = (maxLength: number, example: string): object => ({
  type: 'string',
  maxLength,
  pattern: fieldValue,
  example,
});

const seconds = { type: 'string', pattern: '^[0-9]{1,6}$', maxLength: 6, example: '1' };

/** Every documented response header by name; the tests fail for a response with another one. */
const headers = {
  'Access-Control-Allow-Credentials': {
    description: '`true` when the calling page may send cookies: `AUTH_COOKIE_SAME_SITE_ENABLED`.',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  'Access-Control-Allow-Origin': {
    description: 'The origin of the calling page, when it is one of `CORS_ORIGINS`.',
    schema: text(512, 'https://app.example.com'),
  },
  'Content-Disposition': {
    description: 'The name of the file (RFC 6266).',
    required: true,
    schema: text(1024, 'attachment; filename="users.csv"'),
  },
  Deprecation: {
    description: 'The time of the deprecation of this operation (RFC 9745).',
    schema: { type: 'string', pattern: '^@[0-9]{1,12}$', maxLength: 16, example: '@1767225600' },
  },
  ETag: {
    description: 'Identifies this state of the resource; send it as `If-Match` to update or delete exactly this state.',
    required: true,
    schema: text(128, '"1"'),
  },
  'Idempotency-Omitted': {
    description:
      '`true` when this replays a response whose body exceeded 64 KiB and was not stored. The body is then, instead of ' +
      'the documented one, `{ "omitted": true, "detail": "…", "location": "…" }`, with the `Location` of the first ' +
      'response, or null if it had none: read the resource itself.',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  'Idempotency-Replayed': {
    description:
      '`true` when this replays the stored response of an earlier request with the same key: its status, its ' +
      '`Cache-Control`, `ETag`, `Link`, `Location` and `Retry-After`, and the bytes of its body unless ' +
      '`Idempotency-Omitted` is present.',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  Link: {
    description: 'The first, previous and next page (RFC 8288).',
    required: true,
    schema: text(8192, '<https://api.example.com/v1/users?limit=20>; rel="first"'),
  },
  Location: {
    description: 'The URI of the new resource.',
    required: true,
    schema: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 512,
      example: '/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
  },
  'Preference-Applied': {
    description: 'The preference that was applied (RFC 7240).',
    schema: text(64, 'return=total-count'),
  },
  RateLimit: {
    description:
      'Remaining requests, and the seconds until the window resets (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: text(64, '"default";r=599;t=60'),
  },
  'RateLimit-Policy': {
    description: 'Allowed requests, and the window in seconds (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: text(64, '"default";q=600;w=60'),
  },
  RedirectLocation: {
    description: 'Where the browser continues.',
    required: true,
    schema: { type: 'string', format: 'uri-reference', maxLength: 4096, example: 'https://app.example.com/logged-in' },
  },
  'Retry-After': {
    description: 'Seconds to wait before the request is repeated; absent when a repetition cannot succeed.',
    schema: seconds,
  },
  'Set-Cookie': {
    description: 'A cookie for this host (RFC 6265).',
    schema: text(4096, '__Host-magic-link=nq3yWkqV; Path=/; Max-Age=600; HttpOnly; SameSite=Strict; Secure'),
  },
  Sunset: {
    description: 'The time from which the operation may be unavailable (RFC 8594).',
    schema: text(64, 'Thu, 31 Dec 2026 23:59:59 GMT'),
  },
  'WWW-Authenticate': {
    description: 'The scheme to authenticate with (RFC 6750).',
    required: true,
    schema: text(256, 'Bearer realm="plinth"'),
  },
  'X-Request-Id': {
    description: 'The request id, which the log and the `instance` of a problem contain as well.',
    required: true,
    schema: {
      type: 'string',
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      maxLength: 64,
      example: '01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
  },
} as const;

/** A header that the document describes. */
export type ResponseHeader = Exclude<keyof typeof headers, 'RedirectLocation'>;

type References = Record<string, { $ref: string }>;

/** The `headers` member of a response with these headers. */
export function headersOf(names: readonly ResponseHeader[]): References {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The `Location` of a redirect, whose length and meaning differ from that of a new resource. */
export const redirectHeader: References = { Location: { $ref: '#/components/headers/RedirectLocation' } };

/** The headers that every response may have. */
export const commonHeaders: References = headersOf([
  'Access-Control-Allow-Credentials',
  'Access-Control-Allow-Origin',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
]);

/** The headers of every response of a deprecated operation. */
export const deprecationHeaders: References = headersOf(['Deprecation', 'Link', 'Sunset']);

/** The `components.headers` of the document. */
export const headerComponents: Record<string, object> = headers;
