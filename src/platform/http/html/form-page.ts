import type { Markup } from './html-page.ts';
import { html } from './html-page.ts';

/** An input of a form. */
export interface FormField {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  /** Follows the label, such as "optional". */
  readonly labelNote?: string | undefined;
  readonly type: 'email' | 'password' | 'text';
  readonly autocomplete: string;
  readonly isRequired: boolean;
  /** In UTF-16 code units; limits typing only. */
  readonly maxLength?: number | undefined;
  /** Shown before the input, as a list if there are several. */
  readonly hints?: readonly string[];
  readonly value?: string | undefined;
  /** For a short code: large letters, and the keyboard of digits if it has digits only. */
  readonly code?: 'digits' | 'letters' | undefined;
  /** The label of the control that shows a password; it needs a script. */
  readonly reveal?: string | undefined;
  /** Where a script has a new password checked while it is typed, and what it shows for an accepted one. */
  readonly check?: { readonly path: string; readonly accepted: string } | undefined;
}

/** Why a submission was rejected; `field` is the id of the input. */
export interface FormError {
  readonly field?: string | undefined;
  readonly text: string;
}

/** A form as it is shown; the path of the page is also that of its submission. */
export interface FormContent {
  /** Also the heading. */
  readonly title: string;
  readonly explanation?: string | undefined;
  readonly action: string;
  readonly hidden?: Readonly<Record<string, string | undefined>>;
  readonly fields?: readonly FormField[];
  readonly button: string;
  /** The heading of the errors: of invalid fields, and of the submission itself. */
  readonly errorTitle: { readonly fields: string; readonly submission: string };
  readonly errors?: readonly FormError[];
  /** Follows the button. */
  readonly after?: Markup | undefined;
  /** Links to other pages. */
  readonly links?: readonly PageLink[];
}

export interface PageLink {
  readonly path: string;
  readonly text: string;
}

/** The result of a submission, or why a link does not work. */
export interface NoticeContent {
  readonly title: string;
  readonly text: string;
  /** The first is shown as a button. */
  readonly links: readonly PageLink[];
  readonly more?: Markup | undefined;
}

/** The main element of a page with one form. A GET changes nothing (ASVS 3.5.3). */
export function formContent(form: FormContent): Markup {
  const { title, explanation, fields = [], errors = [], button, after } = form;
  const firstInvalid = errors.find(({ field }) => field !== undefined)?.field;
  return html`<section>
      <h1>${title}</h1>
      ${explanation === undefined ? '' : html`<p>${explanation}</p>`}
      ${errors.length === 0 ? '' : errorSummary(form.errorTitle[firstInvalid === undefined ? 'submission' : 'fields'], errors)}
      <form method="post" action="${form.action}">
        ${hiddenFields(form.hidden)} ${fields.map((field) => fieldOf(field, errors, field.id === firstInvalid))}
        <button type="submit">${button}</button>
      </form>
      ${after}
    </section>
    ${linkList(form.links)}`;
}

/** The main element of a page without a form. */
export function noticeContent({ title, text, links, more }: NoticeContent): Markup {
  const [first, ...others] = links;
  return html`<section>
      <h1>${title}</h1>
      <p>${text}</p>
      <div class="stack">
        ${first === undefined ? '' : html`<a class="button" href="${first.path}">${first.text}</a>`} ${more}
      </div>
    </section>
    ${linkList(others)}`;
}

/** Inputs that the user does not see; absent values are left out. */
export function hiddenFields(values: FormContent['hidden'] = {}): Markup {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return html`${present.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}`;
}

function linkList(links: readonly PageLink[] = []): Markup | string {
  if (links.length === 0) return '';
  return html`<ul class="next">
    ${links.map(({ path, text }) => html`<li><a href="${path}">${text}</a></li>`)}
  </ul>`;
}

/** Screen readers announce it first; its links lead to the fields. */
function errorSummary(title: string, errors: readonly FormError[]): Markup {
  const isList = errors.some(({ field }) => field !== undefined);
  return html`<div class="notice" role="alert" id="error">
    <h2>${title}</h2>
    ${isList ? html`<ul>${errors.map(errorItem)}</ul>` : errors.map(({ text }) => html`<p>${text}</p>`)}
  </div>`;
}

function errorItem({ field, text }: FormError): Markup {
  return html`<li>${field === undefined ? text : html`<a href="#${field}">${text}</a>`}</li>`;
}

/** The first invalid field has the focus. */
function fieldOf(field: FormField, allErrors: readonly FormError[], hasFocus: boolean): Markup {
  const { id, name, label, labelNote, hints = [], value = '', code, maxLength } = field;
  const errors = allErrors.filter((error) => error.field === id);
  const described = [...(hints.length > 0 ? [`${id}-hint`] : []), ...(errors.length > 0 ? [`${id}-error`] : [])];
  const attributes = [
    field.isRequired ? html` required` : '',
    maxLength === undefined ? '' : html` maxlength="${maxLength}"`,
    code === undefined ? '' : html` class="code" spellcheck="false" autocapitalize="characters"`,
    code === 'digits' ? html` inputmode="numeric"` : '',
    field.type === 'password' ? '' : html` value="${value}" dir="auto"`,
    described.length === 0 ? '' : html` aria-describedby="${described.join(' ')}"`,
    errors.length === 0 ? '' : html` aria-invalid="true"`,
    hasFocus ? html` autofocus` : '',
    field.check === undefined ? '' : html` data-check="${field.check.path}" data-accepted="${field.check.accepted}"`,
  ];
  return html`<div class="field">
    <label for="${id}">${label}${labelNote === undefined ? '' : html` <small>(${labelNote})</small>`}</label>
    ${hintsOf(`${id}-hint`, hints)}
    <input id="${id}" name="${name}" type="${field.type}" autocomplete="${field.autocomplete}"${attributes} />
    ${errors.length === 0 ? '' : html`<p class="error" id="${id}-error">${errors.map(({ text }) => text).join(' ')}</p>`}
    ${field.reveal === undefined ? '' : html`<label class="toggle" hidden><input type="checkbox" data-reveal="${id}" />${field.reveal}</label>`}
  </div>`;
}

function hintsOf(id: string, hints: readonly string[]): Markup | string {
  if (hints.length === 0) return '';
  if (hints.length === 1) return html`<p class="hint" id="${id}">${hints[0]}</p>`;
  return html`<ul class="hint" id="${id}">
    ${hints.map((hint) => html`<li>${hint}</li>`)}
  </ul>`;
}
