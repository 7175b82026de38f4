import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import { AllowedMethods } from '../server/allowed-methods.ts';
import { InternalError, MethodNotAllowed, ValidationFailed } from './edge.errors.ts';
import type { Problem } from './problem.ts';
import { problemReply } from './problem-reply.ts';
import { toProblem } from './to-problem.ts';

/** Answers everything that is thrown while a request is served, as problem details (RFC 9457) or as a page. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  constructor(
    private readonly methods: AllowedMethods,
    private readonly links: Links,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const foreseen = toProblem(thrown);
    // Who may ask nothing more is not told what they could have asked.
    const problem = foreseen.kind.status === 429 ? foreseen : (this.wrongMethod(request) ?? foreseen);
    // A client that hangs up in the middle of its body is no failure of the service; the request's line tells of it.
    if (thrown !== request.raw.errored) this.tell(problem);
    if (reply.sent) return;
    void reply.send(problemReply(problem, { request, reply, links: this.links }));
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
