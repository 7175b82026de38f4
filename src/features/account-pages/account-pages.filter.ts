import type { ArgumentsHost } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FormPage } from '../../http/html/form-page.ts';
import { askPage, expiredPage } from '../../http/html/form-page.ts';
import { asPage, html, prefersHtml } from '../../http/html/html-page.ts';
import { ValidationFailed } from '../../http/problem/edge.errors.ts';
import type { Problem } from '../../http/problem/problem.ts';
import { ProblemFilter } from '../../http/problem/problem.filter.ts';
import { toProblem } from '../../http/problem/to-problem.ts';
import { InvalidToken } from '../auth/auth.errors.ts';
import { accountPages } from './account-pages.ts';

/** After these there is no form to try again with. */
const final: readonly number[] = [403, 404];

/** Answers what goes wrong on the built-in pages: as a page to browsers, as problem details to everybody else. */
@Catch()
export class AccountPagesFilter extends ProblemFilter {
  override catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const page = Object.values(accountPages).find(({ path }) => path === request.routeOptions.url);
    if (page === undefined || !prefersHtml(request.headers.accept)) {
      super.catch(thrown, host);
      return;
    }
    const problem = toProblem(thrown);
    this.tell(problem);
    const reply = http.getResponse<FastifyReply>();
    void reply.status(problem.kind.status).headers(problem.options.headers ?? {});
    void reply.send(textOf(problem, { page, request, reply }));
  }
}

interface Visit {
  readonly page: FormPage;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function textOf(problem: Problem, { page, request, reply }: Visit): string {
  const { kind } = problem;
  if (final.includes(kind.status)) return plain(problem, reply);
  const token = memberOf(request.body, 'token');
  const isWithoutLink = page.asksFor !== 'address' && token === undefined;
  if (problem instanceof InvalidToken || (isWithoutLink && kind.status < 500)) {
    return expiredPage(reply, page, InvalidToken.kind.meaning);
  }
  if (request.method !== 'POST') return plain(problem, reply);
  return askPage(reply, page, { token, email: memberOf(request.body, 'email'), mistake: mistakeOf(problem) });
}

function plain({ kind }: Problem, reply: FastifyReply): string {
  return asPage(
    reply,
    kind.title,
    html`<main>
      <h1>${kind.title}</h1>
      <p>${kind.meaning}</p>
    </main>`,
  );
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
