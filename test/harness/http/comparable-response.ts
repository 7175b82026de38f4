import type { ApiResponse } from './api.ts';

/** All that a caller can see of a reply, but for what is another one each time. */
export function comparableResponse({ status, text, headers }: ApiResponse): object {
  const { date: _date, ratelimit: _left, 'x-request-id': _id, ...rest } = headers;
  const cookie = rest['set-cookie']?.replace(/=[\w-]{43};/, '=(secret);');
  return {
    status,
    text: text.replace(/urn:request:[^"]+/, ''),
    headers: cookie === undefined ? rest : { ...rest, 'set-cookie': cookie },
  };
}
