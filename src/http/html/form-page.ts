import type { FastifyReply } from 'fastify';
import type { Markup } from './html-page.ts';
import { asPage, html, prose } from './html-page.ts';

/** A page with one form: it asks, and once its button was pressed it says what has been done. */
export interface FormPage {
  /** The path of the page, which its form is sent to as well. */
  readonly path: string;
  /** Also the heading. */
  readonly title: string;
  readonly explanation?: string;
  readonly asksFor?: 'address' | 'password';
  readonly button: string;
  readonly done: { readonly title: string; readonly text: string };
  /** The path of the page where another link is to be had when this one no longer works. */
  readonly again?: string;
}

/** What a form shows besides what it is for. */
export interface FormState {
  /** The token of the link that has opened the page. */
  readonly token?: string | undefined;
  /** What was typed before. */
  readonly email?: string | undefined;
  /** Why the form is here once more. */
  readonly mistake?: string | undefined;
}

/** The text of the page that asks; its reply gets the headers. Opening it changes nothing (ASVS 3.5.3). */
export function askPage(reply: FastifyReply, page: FormPage, state: FormState = {}): string {
  return asPage(reply, page.title, formOf(page, state));
}

/** The text of the page that says what was done; `more` stands below. */
export function donePage(reply: FastifyReply, { done }: FormPage, more?: Markup): string {
  return asPage(
    reply,
    done.title,
    html`<h1>${done.title}</h1>
      <p>${done.text}</p>
      ${more ?? ''}`,
  );
}

/** The text of the page that says that its link is of no use, and where there is another one. */
export function expiredPage(reply: FastifyReply, { again }: FormPage, meaning: string): string {
  const title = 'This link no longer works';
  return asPage(
    reply,
    title,
    html`<h1>${title}</h1>
      <p>${prose(meaning)}</p>
      ${again === undefined ? '' : html`<p><a href="${again}">Ask for another mail</a></p>`}`,
  );
}

/** Whoever can't see the page is told of a mistake first; the field that it is about has the focus. */
function formOf(page: FormPage, state: FormState): Markup {
  const { token, mistake } = state;
  return html`<h1>${page.title}</h1>
    ${page.explanation === undefined ? '' : html`<p>${page.explanation}</p>`}
    ${mistake === undefined ? '' : html`<p role="alert" id="mistake"><strong>${prose(mistake)}</strong></p>`}
    <form method="post" action="${page.path}">
      ${token === undefined ? '' : html`<input type="hidden" name="token" value="${token}" />`}
      ${fieldOf(page, state)}
      <button type="submit">${page.button}</button>
    </form>`;
}

function fieldOf({ asksFor }: FormPage, { email = '', mistake }: FormState): Markup | string {
  const mistaken = mistake === undefined ? '' : html`aria-invalid="true" aria-describedby="mistake" autofocus`;
  if (asksFor === 'password') {
    return html`<p>
      <label for="new-password">Password</label><br />
      <input id="new-password" name="newPassword" type="password" autocomplete="new-password" required ${mistaken} />
    </p>`;
  }
  if (asksFor === 'address') {
    return html`<p>
      <label for="email">E-mail address</label><br />
      <input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}" ${mistaken} />
    </p>`;
  }
  return '';
}
