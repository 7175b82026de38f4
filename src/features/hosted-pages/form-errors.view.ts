import type { FormError } from '../../platform/http/html/form-page.ts';
import type { Problem } from '../../platform/http/problem/problem.ts';
import type { LocatedError } from '../../platform/validation/error-pointers.ts';
import { fieldIds } from './form-fields.view.ts';
import { ProviderLoginFailed } from './hosted-pages.errors.ts';
import type { Texts } from './texts/texts.ts';
import { fieldNames } from './texts/violation.ts';

/** What the errors of a submission depend on. */
interface Submission {
  readonly requestId: string;
  /** Whether it presents a passkey instead of an email address and a password. */
  readonly byPasskey: boolean;
}

/** What a form shows of a problem: an error for each invalid field, or the problem itself, with the request id of a failure of the service. */
export function formErrorsOf(problem: Problem, texts: Texts, { requestId, byPasskey }: Submission): FormError[] {
  const { kind, options } = problem;
  const errors = (options.errors ?? []).flatMap(({ pointer, code, detail }) => {
    const field = fieldNames.find((name) => pointer === `#/${name}`);
    return field === undefined ? [] : [{ field: fieldIds[field], text: texts.violation({ field, code, detail }) }];
  });
  if (errors.length > 0) return errors;
  if (problem instanceof ProviderLoginFailed)
    return [{ text: textOf(texts.providerErrors, problem.code) ?? texts.unknownProblem }];
  const seconds = Number(options.headers?.['Retry-After']);
  if (kind.status === 429 && seconds > 0) return [{ text: texts.tooManyAttempts(Math.ceil(seconds / 60)) }];
  if (byPasskey && (kind.status === 401 || kind.status === 422)) return [{ text: texts.passkeyRefused }];
  const text = textOf(texts.problems, kind.slug) ?? texts.unknownProblem;
  return kind.status < 500 ? [{ text }] : [{ text }, { text: texts.requestId(requestId) }];
}

/** The violations of a password, as texts. */
export function violationsOf(errors: readonly LocatedError[], texts: Texts): string[] {
  return errors.map(({ code, detail }) => texts.violation({ field: 'newPassword', code, detail }));
}

/** The error of a provider is a parameter of the URL: names such as "constructor" are members of every object. */
function textOf(texts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}
