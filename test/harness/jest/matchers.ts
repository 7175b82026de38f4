import { expect } from '@jest/globals';
import type { ApiResponse } from '../http/api.ts';

declare module 'expect' {
  interface Matchers<R> {
    /** The response is problem details of this kind, complete and with the request's id. */
    toBeProblem(slug: string, status: number): R;
  }
}

expect.extend({
  toBeProblem(received: unknown, slug: string, status: number) {
    const { status: actualStatus, headers, body } = received as ApiResponse;
    const expected = {
      status,
      contentType: 'application/problem+json',
      body: {
        type: `/problems/${slug}`,
        code: slug.replaceAll('-', '_'),
        status,
        title: expect.any(String),
        instance: `urn:request:${headers['x-request-id'] ?? '(no X-Request-Id)'}`,
      },
    };
    const actual = { status: actualStatus, contentType: headers['content-type'], body };
    const pass = this.equals(actual, { ...expected, body: expect.objectContaining(expected.body) });
    return {
      pass,
      message: () => `expected ${pass ? 'no' : 'a'} problem:\n${this.utils.diff(expected, actual) ?? ''}`,
    };
  },
});
