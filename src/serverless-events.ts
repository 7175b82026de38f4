import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The parts of an event in payload format 2.0 of AWS that are read. */
export interface LambdaEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Fields with several values are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly domainName: string;
    readonly http: { readonly method: string; readonly sourceIp: string };
  };
}

/** The result of a function, in payload format 2.0. */
export interface LambdaResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Bodies of these media types are passed as text, all others in base64. */
const textual = /^(text\/|application\/(json|[\w.-]+\+json|javascript|xml|yaml))/i;

/** What is read of a request of the web standard, whose constructor refuses CONNECT and TRACE. */
export type ServerlessRequest = Pick<Request, 'method' | 'url' | 'headers' | 'arrayBuffer'>;

/** The methods of routes; Fastify responds 404 or 405 to other ones that Node.js knows. */
type Method = 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT';

/** Of the connection to the platform, which a function does not have. */
const hopByHop: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** One application for all requests of an instance, created by the first one. */
export class ServerlessApplication {
  private app: Promise<NestFastifyApplication> | undefined;

  constructor(private readonly create: () => Promise<NestFastifyApplication>) {}

  /** @param ip of the client, if the platform states it apart from the headers */
  async respond(request: ServerlessRequest, ip?: string): Promise<Response> {
    this.app ??= this.create().catch((error: unknown) => {
      // The next request of the instance tries again.
      this.app = undefined;
      throw error;
    });
    const app = await this.app;
    const { method, url } = request;
    const { host, pathname, search } = new URL(url);
    const payload = Buffer.from(await request.arrayBuffer());
    const response = await app.inject({
      method: method as Method,
      url: pathname + search,
      headers: { host, ...Object.fromEntries(request.headers) },
      ...(payload.length > 0 && { payload }),
      ...(ip !== undefined && { remoteAddress: ip }),
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(response.headers))
      for (const one of hopByHop.has(name) ? [] : [value ?? []].flat()) headers.append(name, String(one));
    const { statusCode: status, rawPayload } = response;
    return new Response(withoutBody.has(status) || method === 'HEAD' ? null : new Uint8Array(rawPayload), {
      status,
      headers,
    });
  }
}

/** Converts an event to a request. */
export function requestOf(event: LambdaEvent): ServerlessRequest {
  const { rawPath, rawQueryString: query, cookies = [], body = '', isBase64Encoded, requestContext } = event;
  const { method } = requestContext.http;
  const headers = new Headers(event.headers);
  if (cookies.length > 0) headers.set('cookie', cookies.join('; '));
  const url = `https://${requestContext.domainName}${rawPath}${query === '' ? '' : `?${query}`}`;
  const text = method === 'GET' || method === 'HEAD' ? '' : body;
  const content = new Blob([Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8')]);
  return { method, url, headers, arrayBuffer: async () => await content.arrayBuffer() };
}

/** Converts a response to the result of a function. */
export async function lambdaResult(response: Response): Promise<LambdaResult> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const { 'set-cookie': _cookies, ...headers } = Object.fromEntries(response.headers);
  const isText = textual.test(headers['content-type'] ?? '') && headers['content-encoding'] === undefined;
  return {
    statusCode: response.status,
    headers,
    cookies: response.headers.getSetCookie(),
    body: bytes.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}
