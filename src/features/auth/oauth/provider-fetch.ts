import type { Configuration, CustomFetchOptions } from 'openid-client';
import { allowInsecureRequests } from 'openid-client';
import type { Dependency } from '../../../platform/resilience/dependency.ts';
import { InvalidProviderResponse } from './provider-client.ts';

/** For an issuer with http, which is validated at startup: only in development, and on this machine. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that its use is noticed
export const allowHttp: (configuration: Configuration) => void = allowInsecureRequests;

/** 1 MiB: metadata, keys and tokens are much smaller. */
const maxResponseBytes = 1_048_576;

/** A request of openid-client or jose; its signal limits the time of all attempts. */
type ProviderRequest = Omit<RequestInit, 'body'> & { readonly body?: CustomFetchOptions['body'] };

/** fetch() for requests to one provider. */
export type ProviderFetch = (url: string, options: ProviderRequest) => Promise<Response>;

/** What fetch() throws when the server cannot be reached, and after the timeout. */
export const fetchErrors: ReadonlySet<unknown> = new Set(['TypeError', 'TimeoutError']);

/** Limits and repeats requests to this provider. A request with a code or a token is not repeated: it may be used once. */
export function fetchFrom(provider: Dependency): ProviderFetch {
  return async (url, options) => {
    const { method = 'GET', signal } = options;
    const isIdempotent = method === 'GET';
    return await provider.call(async () => await limitedFetch(url, options), {
      isIdempotent,
      signal: signal ?? undefined,
    });
  };
}

/**
 * The body of a response ends with an error beyond the limit, counted after
 * decompression, so that no provider can exhaust the memory.
 */
async function limitedFetch(url: string, { body, ...options }: ProviderRequest): Promise<Response> {
  const response = await fetch(url, { ...options, body: body ?? null });
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxResponseBytes) throw new InvalidProviderResponse('The response of the provider is too long');
      controller.enqueue(chunk);
    },
  });
  return response.body === null ? response : new Response(response.body.pipeThrough(limit), response);
}
