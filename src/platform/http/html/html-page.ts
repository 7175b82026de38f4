/** Text that is markup; any other text is escaped. */
export class Markup {
  constructor(readonly text: string) {}
}

/** `html\`<p>${value}</p>\`` escapes the values, unless they are Markup; lists are joined, undefined is left out. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return new Markup(parts.map((part, at) => part + (at < values.length ? render(values[at]) : '')).join(''));
}

/** A text of the problem catalogue: text between backticks becomes a code element. */
export function prose(text: string): Markup {
  const parts = text.split('`').map((part, at) => (at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
  return html`${parts}`;
}

function render(value: unknown): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  const text: unknown = value ?? '';
  return escape(String(text));
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
