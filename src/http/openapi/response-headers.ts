/** What a field value may hold (RFC 9110 §5.5), tabs aside. */
export const fieldValue = '^[\\x20-\\x7e\\x80-\\xff]*$';

const text = (maxLength: number, example: string): object => ({
  type: 'string',
  maxLength,
  pattern: fieldValue,
  example,
});

const seconds = { type: 'string', pattern: '^[0-9]{1,6}$', maxLength: 6, example: '1' };

/** Every header that the document names, by its name; a reply with another one fails the tests. */
const headers = {
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
    description: 'Since when the operation is better not used (RFC 9745).',
    schema: { type: 'string', pattern: '^@[0-9]{1,12}$', maxLength: 16, example: '@1767225600' },
  },
  ETag: {
    description: 'Names this state of the resource; send it as `If-Match` to change just this.',
    required: true,
    schema: text(128, '"1"'),
  },
  'Idempotency-Omitted': {
    description:
      '`true` when this is a replay of a reply whose body was larger than 64 KiB and was not kept. The body is then, ' +
      'instead of the documented one, `{ "omitted": true, "detail": "…", "location": "…" }`, with the `Location` of the ' +
      'first reply, or null if it had none: read the resource itself.',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  'Idempotency-Replayed': {
    description:
      '`true` when this is the reply to an earlier request with the same key: its status, its `Cache-Control`, ' +
      '`ETag`, `Link`, `Location` and `Retry-After`, and its body byte for byte unless `Idempotency-Omitted` is there.',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  Link: {
    description: 'The neighbouring pages (RFC 8288).',
    required: true,
    schema: text(8192, '<https://api.example.com/v1/users?limit=20>; rel="first"'),
  },
  Location: {
    description: 'Where the new resource is.',
    required: true,
    schema: {
      type: 'string',
      format: 'uri-reference',
      maxLength: 512,
      example: '/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    },
  },
  'Preference-Applied': {
    description: 'The preference of the request that was honoured (RFC 7240).',
    schema: text(64, 'return=total-count'),
  },
  RateLimit: {
    description:
      'Requests that are left, and the seconds until there are more (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: text(64, '"default";r=599;t=60'),
  },
  'RateLimit-Policy': {
    description: 'Requests that are allowed in how many seconds (draft-ietf-httpapi-ratelimit-headers-10).',
    schema: text(64, '"default";q=600;w=60'),
  },
  'Retry-After': {
    description: 'Seconds after which asking again makes sense; absent when it makes none.',
    schema: seconds,
  },
  'Set-Cookie': {
    description: 'What the browser keeps, and sends to this host alone (RFC 6265).',
    schema: text(4096, '__Host-magic-link=nq3yWkqV; Path=/; Max-Age=600; HttpOnly; SameSite=Strict; Secure'),
  },
  Sunset: {
    description: 'From when on the operation may answer no more (RFC 8594).',
    schema: text(64, 'Thu, 31 Dec 2026 23:59:59 GMT'),
  },
  'WWW-Authenticate': {
    description: 'The scheme to authenticate with (RFC 6750).',
    required: true,
    schema: text(256, 'Bearer realm="plinth"'),
  },
  'X-Request-Id': {
    description: "The request's id, which the log and the problem carry as well.",
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
export type ResponseHeader = keyof typeof headers;

type References = Record<string, { $ref: string }>;

/** The `headers` of a response that sends these. */
export function headersOf(names: readonly ResponseHeader[]): References {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** What every reply of an operation may carry. */
export const commonHeaders: References = headersOf([
  'Access-Control-Allow-Origin',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
]);

/** What every reply of an operation that goes carries. */
export const deprecationHeaders: References = headersOf(['Deprecation', 'Link', 'Sunset']);

/** The `components.headers` of the document. */
export const headerComponents: Record<string, object> = headers;
