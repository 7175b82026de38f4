import { Agent, request } from 'node:http';
import type { Exchange } from '../../harness/openapi/openapi-assertions.ts';
import type { Field } from './headers.ts';

/** A request as it is sent. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Field[];
  readonly body: Buffer | undefined;
}

/** The response and its duration. */
export interface WireResponse {
  readonly exchange: Exchange;
  readonly tookMs: number;
}

/** Longer than any response takes. */
const timeoutMs = 20_000;
const attempts = 3;

/** Sends requests that ordinary clients refuse to send. Ends streams shortly after their first bytes. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  constructor(private readonly url: URL) {}

  /**
   * Sends the request again on a new connection when a kept connection ends, which is no failure of the service.
   * @throws when no attempt gets a response
   */
  async send(wire: WireRequest): Promise<WireResponse> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(wire, attempt === 1 ? this.agent : new Agent());
      } catch (error) {
        if (attempt === attempts) throw error;
      }
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private async once({ method, target, headers, body }: WireRequest, agent: Agent): Promise<WireResponse> {
    const startedAt = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<WireResponse>();
    // Without Content-Length, Node sends an empty chunked body with methods that usually have a body.
    const bodiless = body === undefined && ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(method);
    const length: Field[] = bodiless ? [] : [['Content-Length', String(body?.length ?? 0)]];
    const all: Field[] = [['Host', this.url.host], ...headers, ...length];
    const sent = request(
      {
        host: this.url.hostname,
        port: this.url.port,
        agent,
        method,
        path: target,
        headers: all.flat(),
        timeout: timeoutMs,
      },
      (response) => {
        const chunks: Buffer[] = [];
        const done = (whole: boolean): void => {
          const text = whole ? Buffer.concat(chunks).toString('utf8') : undefined;
          const named = Object.entries(response.headers).map(([name, value]) => [
            name,
            [value ?? ''].flat().join(', '),
          ]);
          const received = Object.fromEntries(named) as Record<string, string>;
          const exchange = {
            method,
            target,
            accept: acceptIn(headers),
            status: response.statusCode ?? 0,
            headers: received,
            body: parsed(received, text),
            text,
          };
          resolve({ exchange, tookMs: performance.now() - startedAt });
        };
        if (method !== 'HEAD' && response.headers['content-type']?.startsWith('text/event-stream') === true) {
          done(false);
          setTimeout(() => response.destroy(), 50);
          return;
        }
        response.on('data', (bytes: Buffer) => chunks.push(bytes));
        response.on('end', () => {
          done(true);
        });
        response.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no response within ${timeoutMs / 1000} s`)));
    sent.on('error', reject);
    sent.end(body);
    return await promise;
  }
}

function acceptIn(headers: readonly Field[]): string {
  const named = headers.filter(([name]) => name.toLowerCase() === 'accept');
  return named.map(([, value]) => value).join(', ');
}

function parsed(headers: Readonly<Record<string, string>>, text: string | undefined): unknown {
  if (text === undefined || text === '' || !/json/.test(headers['content-type'] ?? '')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The request as a shell command. */
export function asCurl(url: URL, { method, target, headers, body }: WireRequest): string {
  const fields = headers.map(
    ([name, value]) => ` -H ${quoted(Buffer.from(value === '' ? `${name};` : `${name}: ${value}`, 'latin1'))}`,
  );
  const how = method === 'HEAD' ? '--head' : `-X ${method}`;
  const data = body === undefined ? '' : ` --data-binary ${quoted(body)}`;
  return `curl -i --path-as-is -g ${how} ${quoted(Buffer.from(url.origin + target))}${fields.join('')}${data}`;
}

/** Quotes any bytes for bash; printf writes long runs of one byte. */
function quoted(bytes: Buffer): string {
  const text = bytes.toString('latin1').replaceAll(/[^\x20-\x7e]|['\\]/g, (byte) => {
    return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  const short = text.replaceAll(/(\\x..|.)\1{49,}/g, (run, unit: string) => {
    return `'"$(printf '${unit}%.0s' {1..${run.length / unit.length}})"$'`;
  });
  return `$'${short}'`;
}
