import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import type { ComponentProps, ReactNode, SubmitEvent } from 'react';
import { StrictMode, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';

/** GraphiQL with the credentials of the caller, which every document requires, above it. */

type Fetcher = ComponentProps<typeof GraphiQL>['fetcher'];

const storageKey = 'credentials';
const defaultQuery = `query Me {
  me {
    id
    email
    roles
  }
}
`;

// The policy allows style elements with the nonce of the page only. The dialogs of GraphiQL read it from here.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
Object.assign(globalThis, { __webpack_nonce__: nonce });

/** An access token is a JWT, an API key is not. */
function headersFor(credentials: string): Record<string, string> {
  const isToken = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credentials);
  return isToken ? { Authorization: `Bearer ${credentials}` } : { 'X-API-Key': credentials };
}

/** Sends queries and mutations by HTTP, and subscriptions over a WebSocket, which is open while there are any. */
function fetcherFor(credentials: string): Fetcher {
  const url = new URL('../graphql', location.href).href;
  const headers = credentials === '' ? {} : headersFor(credentials);
  const wsClient = createClient({ url: url.replace(/^http/, 'ws'), connectionParams: headers, retryAttempts: 0 });
  return createGraphiQLFetcher({ url, headers, wsClient, enableIncrementalDelivery: false });
}

function Page(): ReactNode {
  const [credentials, setCredentials] = useState(() => sessionStorage.getItem(storageKey) ?? '');
  const fetcher = useMemo(() => fetcherFor(credentials), [credentials]);
  const use = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget).get(storageKey);
    const value = typeof entered === 'string' ? entered.trim() : '';
    sessionStorage.setItem(storageKey, value);
    setCredentials(value);
  };
  return (
    <>
      <form className="credentials" onSubmit={use}>
        <label>
          Access token or API key
          <input name={storageKey} type="password" autoComplete="off" defaultValue={credentials} />
        </label>
        <button type="submit">Use</button>
      </form>
      <main>
        <GraphiQL
          // The schema is loaded anew with other credentials, and only with some.
          key={credentials}
          fetcher={fetcher}
          {...(credentials === '' && { schema: null })}
          defaultQuery={defaultQuery}
        />
      </main>
    </>
  );
}

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
