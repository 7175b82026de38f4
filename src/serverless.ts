import { parseConfig } from './platform/config/config.ts';
import { loadEnvironment } from './platform/config/load-environment.ts';
import type { LambdaEvent, LambdaResult } from './serverless-events.ts';
import { lambdaResult, requestOf, ServerlessApplication } from './serverless-events.ts';

/**
 * Entry point for platforms that start an instance for requests and suspend it between them: no port, no jobs, no LISTEN
 * (docs/operations/serverless.md). The application is created by the first request, once.
 */
const application = new ServerlessApplication(async () => {
  const { createServerlessApp } = await import('./serverless-application.ts');
  return await createServerlessApp(parseConfig({ ...(await loadEnvironment()), WORKER: 'off' }));
});

/** Handles a request of the web standard: Vercel, Netlify and others with Node.js. */
export async function fetch(request: Request): Promise<Response> {
  return await application.respond(request);
}

export default { fetch };

/** Handles an event of an AWS API Gateway HTTP API or a Lambda function URL (payload format 2.0). */
export async function handler(event: LambdaEvent): Promise<LambdaResult> {
  return await lambdaResult(await application.respond(requestOf(event), event.requestContext.http.sourceIp));
}
