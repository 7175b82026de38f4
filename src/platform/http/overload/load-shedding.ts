import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { HttpConfig } from '../../config/config.ts';
import type { Links } from '../../config/links.ts';
import { retryAfterOverload, ServerOverloaded } from '../problem/http.errors.ts';
import { problemBody } from '../problem/problem.ts';
import { requestIdOf } from '../server/request-id.ts';
import { isProbe } from '../server/request-target.ts';
import { dataHeaders } from '../server/security-headers.ts';
import type { LoadMonitor } from './load-monitor.ts';

/** Responses from memory and files: the key set, by which other services verify tokens, pages of problems, documentation. */
const withoutDatabase = /^\/(?:\.well-known|problems|docs|admin)(?:[/?]|$)/;

/** What a refusal needs. */
interface SheddingOptions {
  readonly load: LoadMonitor;
  readonly links: Links;
  readonly config: Pick<HttpConfig, 'corsOrigins' | 'sameSiteCookies'>;
}

/**
 * Refuses requests that the process cannot serve in time, except probes and CORS preflights. It runs before Fastify,
 * whose hooks cost several times as much as the refusal: with them, a process would spend half of an overload on refusing.
 */
export function shedLoad(serve: RequestListener, { load, links, config }: SheddingOptions): RequestListener {
  const problem = new ServerOverloaded();
  const origins = new Set(config.corsOrigins);
  return (request, response) => {
    if (isExempt(request) || !load.refusesNext({ needsDatabase: !withoutDatabase.test(request.url ?? '') }))
      serve(request, response);
    else refuse(request, response);
  };

  function refuse(request: IncomingMessage, response: ServerResponse): void {
    const id = requestIdOf(request);
    const body = JSON.stringify(problemBody(problem, { requestId: id }, links));
    response.writeHead(problem.kind.status, {
      ...dataHeaders,
      ...corsHeaders(request.headers.origin),
      'retry-after': retryAfterOverload(),
      'x-request-id': id,
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }

  /** Without them a page of an allowed origin could not read the problem. */
  function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
    if (origin === undefined || !origins.has(origin)) return {};
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'Retry-After, X-Request-Id',
      ...(config.sameSiteCookies && { 'access-control-allow-credentials': 'true' }),
    };
  }
}

function isExempt({ method, url = '', headers }: IncomingMessage): boolean {
  const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
  return isPreflight || isProbe(url.split('?', 1)[0]);
}
