import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { startTestServer } from './test-server.ts';

/** The configuration of a proxy. */
interface ProxyOptions {
  /** The path that it takes off: `location /backend/ { proxy_pass http://service/; }` in nginx. */
  readonly prefix?: string;
  /** Compresses JSON and weakens the ETag of what it compressed, as `gzip on` does in nginx. */
  readonly compresses?: boolean;
  /** Files of a front end, by their path, which the proxy serves itself: pages (`/`) and scripts (`.js`). */
  readonly files?: Readonly<Record<string, string>>;
}

/** Never passed on (RFC 9110 §7.6.1). */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer']);

/** A reverse proxy on a port of its own; closed after the last test of the file. */
export class ReverseProxy {
  /** Base URL of the service; set after the proxy listens, because the service needs the proxy's URL. */
  target = '';
  /** The requests that the service has responded to, oldest first. */
  readonly passed: { readonly call: string; readonly headers: IncomingHttpHeaders; readonly status: number }[] = [];

  private constructor(
    /** Where clients reach the service. */
    readonly url: string,
    private readonly options: Required<ProxyOptions>,
  ) {}

  static async start({ prefix = '', compresses = false, files = {} }: ProxyOptions): Promise<ReverseProxy> {
    const url = await startTestServer((incoming, outgoing) => {
      proxy.pass(incoming, outgoing);
    });
    const proxy = new ReverseProxy(url + prefix, { prefix, compresses, files });
    return proxy;
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/' } = incoming;
    const file = this.options.files[url];
    if (file !== undefined) {
      const type = url.endsWith('.js') ? 'text/javascript' : 'text/html';
      outgoing.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(file);
      return;
    }
    if (!url.startsWith(`${this.options.prefix}/`)) {
      outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('Nothing of the service is here.');
      return;
    }
    const path = url.slice(this.options.prefix.length);
    const upstream = request(this.target + path, { method, headers: endToEnd(incoming.headers) });
    upstream.on('response', (reply) => {
      this.passed.push({ call: `${method} ${path}`, headers: incoming.headers, status: reply.statusCode ?? 0 });
      if (this.options.compresses && isCompressible(incoming, reply)) void sendCompressed(reply, outgoing);
      else reply.pipe(outgoing.writeHead(reply.statusCode ?? 502, endToEnd(reply.headers)));
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}

function isCompressible(incoming: IncomingMessage, reply: IncomingMessage): boolean {
  const accepts = /\bgzip\b/.test([incoming.headers['accept-encoding'] ?? ''].flat().join());
  return accepts && reply.statusCode === 200 && /json/.test(reply.headers['content-type'] ?? '');
}

async function sendCompressed(reply: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { etag, 'content-length': _length, ...headers } = endToEnd(reply.headers);
  const body = gzipSync(Buffer.concat(await reply.toArray()));
  outgoing
    .writeHead(reply.statusCode ?? 502, {
      ...headers,
      'content-encoding': 'gzip',
      ...(etag === undefined ? {} : { etag: etag.startsWith('W/') ? etag : `W/${etag}` }),
    })
    .end(body);
}
