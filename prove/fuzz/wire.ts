import { Agent, request } from 'node:http';
import type { Exchange } from '../../test/support/reply-judge.ts';
import type { Field } from './headers.ts';

/** A request as it is sent. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Field[];
  readonly body: Buffer | undefined;
}

/** What came back, and after how long. */
export interface Answer {
  readonly exchange: Exchange;
  readonly tookMs: number;
}

/** Nothing answers for so long but what hangs. */
const patienceMs = 20_000;
const attempts = 3;

/** Sends requests that an ordinary client would not make. Streams are left behind their first words. */
export class Wire {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  constructor(private readonly url: URL) {}

  /**
   * The reply. A connection that was kept, or that is closed before the whole body was taken, may break under a request
   * without anybody's fault: it is sent again on a new one.
   * @throws when no attempt is answered
   */
  async send(wire: WireRequest): Promise<Answer> {
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

  private async once({ method, target, headers, body }: WireRequest, agent: Agent): Promise<Answer> {
    const begin = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    // Without a length Node would send an empty body in pieces where a method usually has one.
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
        timeout: patienceMs,
      },
      (reply) => {
        const received: Buffer[] = [];
        const done = (whole: boolean): void => {
          const text = whole ? Buffer.concat(received).toString('utf8') : undefined;
          const named = Object.entries(reply.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]);
          const sentBack = Object.fromEntries(named) as Record<string, string>;
          const exchange = {
            method,
            target,
            accept: acceptIn(headers),
            status: reply.statusCode ?? 0,
            headers: sentBack,
            body: parsed(sentBack, text),
            text,
          };
          resolve({ exchange, tookMs: performance.now() - begin });
        };
        if (method !== 'HEAD' && reply.headers['content-type']?.startsWith('text/event-stream') === true) {
          done(false);
          setTimeout(() => reply.destroy(), 50);
          return;
        }
        reply.on('data', (bytes: Buffer) => received.push(bytes));
        reply.on('end', () => {
          done(true);
        });
        reply.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no reply within ${patienceMs / 1000} s`)));
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

/** The request as a line for a shell. */
export function asCurl(url: URL, { method, target, headers, body }: WireRequest): string {
  const fields = headers.map(
    ([name, value]) => ` -H ${quoted(Buffer.from(value === '' ? `${name};` : `${name}: ${value}`, 'latin1'))}`,
  );
  const how = method === 'HEAD' ? '--head' : `-X ${method}`;
  const data = body === undefined ? '' : ` --data-binary ${quoted(body)}`;
  return `curl -i --path-as-is -g ${how} ${quoted(Buffer.from(url.origin + target))}${fields.join('')}${data}`;
}

/** Any bytes in the quotes of bash; long runs of one byte are left to printf. */
function quoted(bytes: Buffer): string {
  const text = bytes.toString('latin1').replaceAll(/[^\x20-\x7e]|['\\]/g, (byte) => {
    return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  const short = text.replaceAll(/(\\x..|.)\1{49,}/g, (run, unit: string) => {
    return `'"$(printf '${unit}%.0s' {1..${run.length / unit.length}})"$'`;
  });
  return `$'${short}'`;
}
