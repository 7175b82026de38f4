import { assertMatchesOpenApi } from './openapi-assertions.ts';

/** `fetch` that throws on an undocumented response. */
export async function validatingFetch(request: Request): Promise<Response> {
  const reply = await fetch(request);
  const text = await reply.clone().text();
  const { pathname, search } = new URL(request.url);
  assertMatchesOpenApi({
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
