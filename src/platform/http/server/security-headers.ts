import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HelmetOptions } from 'helmet';
import helmet from 'helmet';

/** For responses that are data: nothing may be loaded, executed or framed. */
const dataPolicy: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    // base-uri does not fall back to default-src (ASVS 3.4.3).
    directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], frameAncestors: ["'none'"] },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // Without effect on data; browsers log warnings about them over plain HTTP.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
};

/** Swagger UI: its own scripts and styles, and the hashes of its inline styles, which belong to the pinned version. */
const docsPolicy: HelmetOptions = {
  ...dataPolicy,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      objectSrc: ["'none'"],
      frameAncestors: ["'none'"],
      formAction: ["'self'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      styleSrc: [
        "'self'",
        "'unsafe-hashes'",
        "'sha256-/jDKvbQ8cdux+c5epDIqkjHbXDaIY8RucT1PmAe8FG4='",
        "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
        "'sha256-eaPyLWVdqMc60xuz5bTp2yBRgVpQSoUggte1+40ONPU='",
        "'sha256-ezdv1bOGcoOD7FKudKN0Y2Mb763O6qVtM8LT2mtanIU='",
      ],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
    },
  },
};

/** The headers of every response, computed once. */
export const dataHeaders = recordHeaders(dataPolicy);

/** Responses depend on the origin (see cors.ts). */
const vary = { vary: 'Origin' };
const routeHeaders = { ...dataHeaders, ...vary };
const docsHeaders = { ...recordHeaders(docsPolicy), ...vary };

/** The security headers of the route with this pattern; an unmatched request has none. */
export function securityHeaders(pattern: string | undefined): Readonly<Record<string, string>> {
  return pattern !== undefined && /^\/docs(\/|$)/.test(pattern) ? docsHeaders : routeHeaders;
}

/** The headers that helmet sets, recorded so that it does not run for each request. */
function recordHeaders(policy: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  const recorder = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet(policy)({} as IncomingMessage, recorder as unknown as ServerResponse, () => undefined);
  return headers;
}
