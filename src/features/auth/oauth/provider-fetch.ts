import type { Configuration, CustomFetchOptions } from 'openid-client';
import { allowInsecureRequests } from 'openid-client';
import { InvalidProviderResponse } from './provider-client.ts';

/** For an issuer with http, which is validated at startup: only in development, and on this machine. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that its use is noticed
export const allowHttp: (configuration: Configuration) => void = allowInsecureRequests;

/** 1 MiB: metadata, keys and tokens are much smaller. */
const maxResponseBytes = 1_048_576;

/**
 * fetch() for requests to providers: the body of a response ends with an error beyond the limit, counted after
 * decompression, so that no provider can exhaust the memory.
 */
export async function providerFetch(
  url: string,
  { body, ...options }: Omit<RequestInit, 'body'> & { readonly body?: CustomFetchOptions['body'] },
): Promise<Response> {
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
