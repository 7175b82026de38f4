import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const Export = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.object({ key: z.string(), value: z.unknown() })) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              attributes: z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })),
              status: z.object({ code: z.number() }).loose(),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A span that was exported. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number };
}

/** A collector that receives traces by OTLP over HTTP in JSON, and keeps their spans. */
export class Collector {
  readonly spans: ExportedSpan[] = [];
  /** The headers of the last request. */
  headers: Readonly<Record<string, unknown>> = {};
  resource: Readonly<Record<string, unknown>> = {};

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        if (request.url === '/v1/traces') collector.receive(body);
        collector.headers = request.headers;
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      });
    });
    const collector = new Collector(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return collector;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** The spans of a trace. */
  trace(traceId: string): ExportedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private receive(body: unknown): void {
    for (const { resource, scopeSpans } of Export.parse(body).resourceSpans) {
      this.resource = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value]));
      for (const { attributes, ...span } of scopeSpans.flatMap(({ spans }) => spans)) {
        const values = attributes.map(({ key, value }) => [key, Object.values(value)[0]]);
        this.spans.push({ ...span, attributes: Object.fromEntries(values) as Record<string, unknown> });
      }
    }
  }
}
