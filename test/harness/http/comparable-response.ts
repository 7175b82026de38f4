import type { ApiResponse } from './api.ts';

/** A response without the parts that differ between equal requests. */
export function comparableResponse({ status, text, headers }: ApiResponse): object {
  const { date: _date, ratelimit: _left, 'x-request-id': _id, ...rest } = headers;
  const cookie = rest['set-cookie']?.replace(/=[\w-]{43};/, '=(secret);');
  return {
    status,
    text: text.replace(/urn:request:[^"]+/, ''),
    headers: cookie === undefined ? rest : { ...rest, 'set-cookie': cookie },
  };
}
