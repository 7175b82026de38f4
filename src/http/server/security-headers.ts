import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HelmetOptions } from 'helmet';
import helmet from 'helmet';

/** Nothing may be loaded, run or framed: right for every reply that is data. */
const dataPolicy: HelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // These mean nothing for data, and make browsers complain over plain HTTP.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
};

/** Swagger UI: its own scripts and styles, plus the inline styles it sets, by hash. Belongs to the pinned version. */
const docsPolicy: HelmetOptions = {
  ...dataPolicy,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'self'"],
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

/** What every reply carries, computed once. */
export const dataHeaders = headersOf(dataPolicy);

const docsHeaders = headersOf(docsPolicy);

/** The security headers of the route with this pattern; an unmatched request has none. */
export function securityHeaders(pattern: string | undefined): Readonly<Record<string, string>> {
  return pattern !== undefined && /^\/docs(\/|$)/.test(pattern) ? docsHeaders : dataHeaders;
}

/** Lets helmet write its headers once, onto paper. */
function headersOf(policy: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  const paper = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet(policy)({} as IncomingMessage, paper as unknown as ServerResponse, () => undefined);
  return headers;
}
