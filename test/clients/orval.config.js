/** @type {import('orval').ConfigExternal} */
export default {
  plinth: {
    input: { target: '../../docs/openapi.json' },
    output: {
      target: 'generated/orval/plinth.ts',
      schemas: 'generated/orval/model',
      client: 'fetch',
      mode: 'split',
      // If-Match and Idempotency-Key.
      headers: true,
      baseUrl: process.env.PLINTH_URL,
    },
  },
};
