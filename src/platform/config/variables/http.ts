import { z } from 'zod';
import type { Variable } from './values.ts';
import { checkedList, integer, oneOf } from './values.ts';

/** No page is loaded with these schemes, or its origin is sent as `null`. */
const schemesWithoutOrigin = /^(about|blob|data|file|filesystem|ftp|javascript|wss?)$/;

/**
 * Origins of pages, separated by commas, each as browsers send it in `Origin` (RFC 6454 §6.2). Apps and extensions have
 * schemes of their own: `capacitor://localhost`, `chrome-extension://<id>`. There are no wildcards: an attacker
 * who gets a name below one, by a stale DNS record or on a host of many tenants, would be trusted.
 */
const origins = checkedList(originError);

export const httpVariables = {
  HOST: {
    section: 'HTTP',
    description: 'Host name or IP address to listen on.',
    schema: z.string(),
    default: '127.0.0.1',
  },
  PORT: {
    section: 'HTTP',
    description: 'Port to listen on; 0 takes a free one.',
    schema: integer(0, 65535),
    default: '3000',
  },
  CORS_ORIGINS: {
    section: 'HTTP',
    description:
      'Origins of pages that may call the API, separated by commas, each as browsers send it: ' +
      'https://app.example.com, capacitor://localhost. No wildcards.',
    schema: origins,
    default: '',
  },
  TRUSTED_PROXY_HOPS: {
    section: 'HTTP',
    description:
      'Number of reverse proxies before the service; the client IP address is taken that many entries from the right ' +
      'of X-Forwarded-For.',
    schema: integer(0, 16),
    default: '0',
  },
  RATE_LIMIT_REQUESTS: {
    section: 'HTTP',
    description:
      'Requests that a user, or an IP address for unauthenticated requests, may send in RATE_LIMIT_WINDOW_SECONDS.',
    schema: integer(1, 1_000_000_000),
    default: '600',
  },
  RATE_LIMIT_WINDOW_SECONDS: {
    section: 'HTTP',
    description: 'Length of a window of the rate limit.',
    schema: integer(1, 86_400),
    default: '60',
  },
  OVERLOAD_EVENT_LOOP_LAG_MS: {
    section: 'HTTP',
    description:
      'Requests are refused with 503 while the event loop is later than this; 0 disables it (docs/reference/overload.md).',
    schema: integer(0, 10_000),
    default: '30',
  },
  OVERLOAD_POOL_WAIT_MS: {
    section: 'HTTP',
    description:
      'Requests that need the database are refused with 503 while others wait longer than this for a connection; 0 disables it.',
    schema: integer(0, 10_000),
    default: '250',
  },
  GRAPHQL: {
    section: 'HTTP',
    description:
      'on serves GraphQL at /graphql with the rules of the API (docs/guides/graphql.md); off loads none of it. ' +
      'Default: on in development, else off.',
    schema: oneOf('on', 'off'),
  },
  SHUTDOWN_DRAIN_MS: {
    section: 'HTTP',
    description:
      'How long to keep serving after SIGTERM while /readyz returns 503. Default: 5000 in production, else 0.',
    schema: integer(0, 20_000),
  },
} satisfies Record<string, Variable>;

/** The error of one origin, without its value, as for every variable. */
export function originError(value: string): string | undefined {
  if (value.includes('*')) return 'has a wildcard: name each origin, such as https://app.example.com';
  if (value === 'null') return 'is null, which any sandboxed page sends: it identifies no origin';
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\\s]+)(.*)$/is.exec(value) ?? [];
  if (host === '') return 'must be scheme://host, such as https://app.example.com or capacitor://localhost';
  if (rest !== '') return 'must end after the host and its port, without a slash or a path';
  if (schemesWithoutOrigin.test(scheme.toLowerCase())) return 'has a scheme whose pages send no origin';
  if (isSerializedOrigin(value, { scheme, host })) return undefined;
  return 'must be written as browsers send it: in lower case, in ASCII, without the default port or a user name';
}

/** An app's own scheme has an opaque host, which keeps its case (URL §3.5): Safari extensions have capital letters. */
function isSerializedOrigin(value: string, { scheme, host }: { scheme: string; host: string }): boolean {
  if (/^https?$/i.test(scheme)) return URL.canParse(value) && new URL(value).origin === value;
  return scheme === scheme.toLowerCase() && /^[\w.-]+(:\d{1,5})?$/.test(host);
}
