/** @type {import('@hey-api/openapi-ts').UserConfig} */
export default {
  input: '../../docs/openapi.json',
  output: 'generated/hey-api',
  plugins: ['@hey-api/client-fetch', '@hey-api/sdk', '@hey-api/typescript'],
  logs: { level: 'warn', file: false },
  parser: {
    patch: {
      operations: {
        // The body of the stream is text. hey-api reads it itself, and wants the schema of what an event carries.
        'GET /v1/jobs/{id}/events': (operation) => {
          operation.responses['200'].content['text/event-stream'].schema = {
            anyOf: ['JobStateChange', 'JobProgressDto', 'JobEnding'].map((name) => ({
              $ref: `#/components/schemas/${name}`,
            })),
          };
        },
      },
    },
  },
};
