import type { FastifyReply } from 'fastify';
import type { Markup } from './html-page.ts';
import { asPage, html, prose } from './html-page.ts';

/** A page with one form, and the confirmation that follows its submission. */
export interface FormPage {
  /** The path of the page, to which the form is submitted as well. */
  readonly path: string;
  /** Also the heading. */
  readonly title: string;
  readonly explanation?: string;
  readonly fields?: 'email' | 'password';
  readonly button: string;
  readonly done: { readonly title: string; readonly text: string };
  /** The path of the page that sends another link. */
  readonly requestPath?: string;
}

/** What a form shows of the current request. */
export interface FormState {
  /** The token of the link that opened the page. */
  readonly token?: string | undefined;
  /** The value that was submitted before. */
  readonly email?: string | undefined;
  /** Why the last submission was rejected. */
  readonly error?: string | undefined;
}

/** The HTML of the form; sets the headers of the response. A GET changes nothing (ASVS 3.5.3). */
export function renderForm(reply: FastifyReply, page: FormPage, state: FormState = {}): string {
  return asPage(reply, page.title, formOf(page, state));
}

/** The HTML of the confirmation; `more` is appended. */
export function renderConfirmation(reply: FastifyReply, { done }: FormPage, more?: Markup): string {
  return asPage(
    reply,
    done.title,
    html`<h1>${done.title}</h1>
      <p>${done.text}</p>
      ${more ?? ''}`,
  );
}

/** The HTML for a link whose token is invalid, with a link to request another one. */
export function renderExpired(reply: FastifyReply, { requestPath }: FormPage, description: string): string {
  const title = 'This link no longer works';
  return asPage(
    reply,
    title,
    html`<h1>${title}</h1>
      <p>${prose(description)}</p>
      ${requestPath === undefined ? '' : html`<p><a href="${requestPath}">Request another email</a></p>`}`,
  );
}

/** Screen readers announce the error first; the invalid field has the focus. */
function formOf(page: FormPage, state: FormState): Markup {
  const { token, error } = state;
  return html`<h1>${page.title}</h1>
    ${page.explanation === undefined ? '' : html`<p>${page.explanation}</p>`}
    ${error === undefined ? '' : html`<p role="alert" id="error"><strong>${prose(error)}</strong></p>`}
    <form method="post" action="${page.path}">
      ${token === undefined ? '' : html`<input type="hidden" name="token" value="${token}" />`}
      ${fieldOf(page, state)}
      <button type="submit">${page.button}</button>
    </form>`;
}

function fieldOf({ fields }: FormPage, { email = '', error }: FormState): Markup | string {
  const invalid = error === undefined ? '' : html`aria-invalid="true" aria-describedby="error" autofocus`;
  if (fields === 'password') {
    return html`<p>
      <label for="new-password">Password</label><br />
      <input id="new-password" name="newPassword" type="password" autocomplete="new-password" required ${invalid} />
    </p>`;
  }
  if (fields === 'email') {
    return html`<p>
      <label for="email">Email address</label><br />
      <input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}" ${invalid} />
    </p>`;
  }
  return '';
}
