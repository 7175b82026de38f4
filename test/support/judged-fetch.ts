import { judge } from './reply-judge.ts';

/** Fetches; a reply that the document does not say is an error. */
export async function judgedFetch(request: Request): Promise<Response> {
  const reply = await fetch(request);
  const text = await reply.clone().text();
  const { pathname, search } = new URL(request.url);
  judge({
    method: request.method,
    target: `${pathname}${search}`,
    accept: request.headers.get('accept') ?? undefined,
    status: reply.status,
    headers: Object.fromEntries(reply.headers),
    body: /json/.test(reply.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined,
    text,
  });
  return reply;
}
