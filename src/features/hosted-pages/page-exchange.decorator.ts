import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Language } from '../../platform/i18n/language.ts';
import { languageOf, languages, negotiateLanguage } from '../../platform/i18n/language.ts';

/** The request and the response of a page. */
export interface PageExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The exchange of a handler that renders a page. */
export const Exchange = createParamDecorator((_: unknown, context: ExecutionContext): PageExchange => {
  const http = context.switchToHttp();
  return { request: http.getRequest<FastifyRequest>(), reply: http.getResponse<FastifyReply>() };
});

/** The parameters of a page: those of its query, and the fields of a submission, which take precedence. */
export function parametersOf({ query, body }: FastifyRequest): Readonly<Record<string, string>> {
  const entries = [query, body].flatMap((values) => (isRecord(values) ? Object.entries(values) : []));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The language that was chosen on the page, that of the user, or the one that the browser prefers. */
export function languageOfPage({ request }: PageExchange, locale?: string): Language {
  const { lang } = parametersOf(request);
  const chosen = languages.find((language) => language === lang);
  return chosen ?? (locale === undefined ? negotiateLanguage(request.headers['accept-language']) : languageOf(locale));
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
