import type { ArgumentsHost } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import type { FormPage } from '../../http/html/form-page.ts';
import { askPage, expiredPage } from '../../http/html/form-page.ts';
import { choosesHtml } from '../../http/html/negotiation.ts';
import { ValidationFailed } from '../../http/problem/edge.errors.ts';
import type { Problem } from '../../http/problem/problem.ts';
import { ProblemFilter } from '../../http/problem/problem.filter.ts';
import { toProblem } from '../../http/problem/to-problem.ts';
import { AllowedMethods } from '../../http/server/allowed-methods.ts';
import { InvalidToken } from '../auth/auth.errors.ts';
import { AccountPages } from './account-pages.ts';

/** After these there is no form to try again with. */
const final: readonly number[] = [403, 404];

/** Shows browsers the form once more when there is something to try again with; all else is answered as everywhere. */
@Catch()
export class AccountPagesFilter extends ProblemFilter {
  constructor(
    methods: AllowedMethods,
    links: Links,
    private readonly pages: AccountPages,
  ) {
    super(methods, links);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const page = this.pages.at(request.routeOptions.url);
    const problem = toProblem(thrown);
    const text =
      page !== undefined && choosesHtml(request, reply) ? textOf(problem, { page, request, reply }) : undefined;
    if (text === undefined) {
      super.catch(thrown, host);
      return;
    }
    this.tell(problem);
    void reply
      .status(problem.kind.status)
      .headers(problem.options.headers ?? {})
      .send(text);
  }
}

interface Visit {
  readonly page: FormPage;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The page that the problem is told on; none where it is told by itself. */
function textOf(problem: Problem, { page, request, reply }: Visit): string | undefined {
  const { kind } = problem;
  if (final.includes(kind.status)) return undefined;
  const token = memberOf(request.body, 'token');
  const isWithoutLink = page.asksFor !== 'address' && token === undefined;
  if (problem instanceof InvalidToken || (isWithoutLink && kind.status < 500)) {
    return expiredPage(reply, page, InvalidToken.kind.meaning);
  }
  if (request.method !== 'POST') return undefined;
  return askPage(reply, page, { token, email: memberOf(request.body, 'email'), mistake: mistakeOf(problem) });
}

function mistakeOf(problem: Problem): string {
  const { kind, options } = problem;
  const [error] = options.errors ?? [];
  if (!(problem instanceof ValidationFailed) || error === undefined) return options.detail ?? kind.meaning;
  return `${error.pointer === '#/email' ? 'The address' : 'The password'} ${error.detail}.`;
}

function memberOf(body: unknown, name: string): string | undefined {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
