import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { configuration } from './configuration.ts';

// The policy allows style elements with the nonce of the page only.
const styles = createCache({ key: 'c', ...(configuration.nonce !== undefined && { nonce: configuration.nonce }) });

// A part of the former version, which a new version of the service does not have: load the page of the new one. Without a
// new version a reload would fail in the same way, and without a connection lose the console.
addEventListener('vite:preloadError', () => {
  void reloadNewVersion().catch(() => undefined);
});

async function reloadNewVersion(): Promise<void> {
  const page = await fetch('.', { headers: { Accept: 'text/html' } });
  const script = new URL(import.meta.url).pathname.split('/').at(-1) ?? '';
  if (page.ok && !(await page.text()).includes(script)) location.reload();
}

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <CacheProvider value={styles}>
        <App />
      </CacheProvider>
    </StrictMode>,
  );
}
