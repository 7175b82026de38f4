import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowedMethods } from '../server/allowed-methods.ts';
import { dataHeaders } from '../server/security-headers.ts';
import { InternalError, MethodNotAllowed, ValidationFailed } from './edge.errors.ts';
import type { Problem } from './problem.ts';
import { problemBody } from './problem.ts';
import { toProblem } from './to-problem.ts';

/** Answers everything that is thrown while a request is served, as problem details (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  constructor(private readonly methods: AllowedMethods) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const foreseen = toProblem(thrown);
    // Who may ask nothing more is not told what they could have asked.
    const problem = foreseen.kind.status === 429 ? foreseen : (this.wrongMethod(request) ?? foreseen);
    this.tell(problem);
    if (reply.sent) return;
    for (const name of problem.options.withoutHeaders ?? []) void reply.removeHeader(name);
    const { status, headers, body } = problemReply(problem, request.id);
    void reply.status(status).headers(headers).send(body);
  }

  /** The router knows no wrong method, only no route: ask the table whether other methods are offered here. */
  private wrongMethod(request: FastifyRequest): MethodNotAllowed | undefined {
    if (!request.is404) return undefined;
    const allowed = this.methods.at(request.url);
    // The table reads an empty segment as an id, the router does not: a method that is offered can't be the wrong one.
    if (allowed.length === 0 || allowed.includes(request.method)) return undefined;
    return new MethodNotAllowed({ headers: { Allow: allowed.join(', ') } });
  }

  protected tell(problem: Problem): void {
    const cause = problem.options.cause;
    if (problem instanceof InternalError) this.log.error({ err: cause }, 'A request failed for an unforeseen reason');
    else if (problem.kind.status >= 500) this.log.warn({ err: cause }, problem.kind.title);
    // Only the database's refusals have a cause.
    else if (problem instanceof ValidationFailed && cause !== undefined)
      this.log.warn({ err: cause }, 'The database refused a value that validation had accepted');
  }
}

interface ProblemReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What is sent, whatever page it stands in for, under the headers of data. Bytes, so that nobody adds a charset to a media type that has none. */
export function problemReply(problem: Problem, requestId: string): ProblemReply {
  return {
    status: problem.kind.status,
    headers: { ...dataHeaders, ...problem.options.headers, 'content-type': 'application/problem+json' },
    body: Buffer.from(JSON.stringify(problemBody(problem, requestId))),
  };
}
