import type { Markup } from '../../platform/http/html/html-page.ts';
import { html } from '../../platform/http/html/html-page.ts';

export interface StartPageLink {
  readonly path: string;
  readonly name: string;
  readonly text: string;
}

interface DevelopmentStartPage {
  readonly appName: string;
  /** The state of each dependency, `up` if it works. */
  readonly states: Readonly<Record<string, string>>;
  readonly links: readonly StartPageLink[];
  /** The public URL, without a slash at its end. */
  readonly base: string;
}

const email = 'ada@example.com';
const password = 'quiet lamps beside the harbour';

/** The main element of the start page in development. */
export function developmentStartPage({ appName, states, links, base }: DevelopmentStartPage): Markup {
  const failing = Object.keys(states).filter((name) => states[name] !== 'up');
  return html`<h1>${appName}</h1>
    ${stateOf(failing)}
    <ul class="cards">
      ${links.map(({ path, name, text }) => html`<li><a href="${path}">${name}</a><span>${text}</span></li>`)}
    </ul>
    <h2>First steps</h2>
    <ol class="steps">
      <li>
        <p>Register. The response is the same whether or not the email address has an account.</p>
        ${command(`curl ${base}/v1/auth/register -H 'Content-Type: application/json' \\
  -d '{"email":"${email}","password":"${password}"}'`)}
      </li>
      <li><p>Open the link of the email in the mailbox, and confirm the email address.</p></li>
      <li>
        <p>Log in. Send the access token of the response as <code>Authorization: Bearer</code> with your requests.</p>
        ${command(`curl ${base}/v1/auth/login -H 'Content-Type: application/json' \\
  -d '{"email":"${email}","password":"${password}"}'`)}
      </li>
      <li>
        <p>Get an administrator: prints a link that sets the password of a new account.</p>
        ${command('npm run create-admin -- create grace@example.com')}
      </li>
      <li>
        <p>Add a feature of your own, with a migration and a spec.</p>
        ${command('npm run generate -- feature notes')}
      </li>
    </ol>`;
}

/** The main element of the start page in production. */
export function bareStartPage(appName: string, links: readonly StartPageLink[]): Markup {
  return html`<h1>${appName}</h1>
    <ul>
      ${links.map(({ path, name }) => html`<li><a href="${path}">${name}</a></li>`)}
    </ul>`;
}

function stateOf(failing: readonly string[]): Markup {
  if (failing.length === 0) return html`<p class="state good">The service is ready.</p>`;
  return html`<p class="state">The service is not ready: ${failing.join(', ')}.</p>`;
}

/** One click selects it. */
function command(text: string): Markup {
  return html`<pre class="copy"><code>${text}</code></pre>`;
}
