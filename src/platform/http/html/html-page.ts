import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

const style = `
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .92em; }
pre { white-space: pre-wrap; border-left: 3px solid #8886; padding-left: 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .6rem .35rem 0; vertical-align: top; border-bottom: 1px solid #8884; }
article { border-top: 1px solid #8884; padding: .4rem 0 1rem; } .quiet { opacity: .7; }
`;

const styleHash = createHash('sha256').update(style).digest('base64');
const policy = `default-src 'none';style-src 'sha256-${styleHash}';form-action 'self';base-uri 'none';frame-ancestors 'none'`;

/** Text that is markup; any other text is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

// One string: the hash in the policy covers exactly the text between the tags.
const styleElement = new Markup(`<style>${style}</style>`);

/** `html\`<p>${value}</p>\`` escapes the values, unless they are Markup; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return new Markup(parts.map((part, at) => part + (at < values.length ? render(values[at]) : '')).join(''));
}

/** Sends a page without scripts, with a Content-Security-Policy that allows it to load nothing. */
export function sendPage(reply: FastifyReply, title: string, body: Markup): void {
  void reply.send(asPage(reply, title, body));
}

/** The HTML of such a page; sets the headers of the response. `body` is its main element. */
export function asPage(reply: FastifyReply, title: string, body: Markup): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${styleElement}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`;
  void reply.header('content-security-policy', policy).header('content-type', 'text/html; charset=utf-8');
  return page.text;
}

/** A text of the problem catalogue: text between backticks becomes a code element. */
export function prose(text: string): Markup {
  const parts = text.split('`').map((part, at) => (at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
  return html`${parts}`;
}

function render(value: unknown): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return escape(String(value));
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
